//! A request that breaks rules.

use crate::code::{Code, Fault, FieldError};

/// What is wrong with a request, field by field; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("some fields are not valid")]
pub struct Invalid(pub Vec<FieldError>);

impl Invalid {
    /// Refuses when anything was found wrong.
    ///
    /// # Errors
    /// What was found wrong, if anything was.
    pub fn unless_none(wrong: Vec<FieldError>) -> Result<(), Self> {
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Self(wrong))
        }
    }
}

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
