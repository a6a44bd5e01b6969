//! A request that breaks rules, with every rule it breaks.

use nova_resilience::{Code, Fault, FieldError};

/// What is wrong with a request, field by field; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("some fields are not valid")]
pub struct Invalid(pub Vec<FieldError>);

impl From<FieldError> for Invalid {
    fn from(error: FieldError) -> Self {
        Self(vec![error])
    }
}

impl Fault for Invalid {
    fn code(&self) -> Code {
        Code::Invalid
    }

    fn reason(&self) -> &'static str {
        "validation_failed"
    }

    fn fields(&self) -> &[FieldError] {
        &self.0
    }
}

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
