//! Headers that are not what they must be.

use nova_resilience::{Code, Fault, FieldError};

/// A request's header, or its metadata in gRPC, that breaks the rules of its kind: 400 naming it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} not valid")]
pub struct InvalidHeader {
    /// What is not, with its verb: `the entity tags are`.
    what: &'static str,
    field: [FieldError; 1],
}

impl InvalidHeader {
    pub(crate) const fn new(what: &'static str, field: FieldError) -> Self {
        Self {
            what,
            field: [field],
        }
    }
}

impl Fault for InvalidHeader {
    fn code(&self) -> Code {
        Code::Invalid
    }

    fn reason(&self) -> &'static str {
        "validation_failed"
    }

    fn fields(&self) -> &[FieldError] {
        &self.field
    }
}
