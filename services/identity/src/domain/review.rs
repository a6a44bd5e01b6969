//! Looking at a request field by field.

use nova_resilience::{FieldError, Invalid};

/// Looks at one field after the other, so that one answer names every bad one.
#[derive(Debug, Default)]
pub(super) struct Review(Vec<FieldError>);

impl Review {
    /// The field's value if it is good; remembers what is wrong with it otherwise.
    pub(super) fn of<T>(&mut self, checked: Result<T, FieldError>) -> Option<T> {
        checked.map_err(|error| self.0.push(error)).ok()
    }

    /// Everything that was found wrong.
    pub(super) fn into_invalid(self) -> Invalid {
        Invalid(self.0)
    }
}
