//! The vocabulary of failure.

/// What kind of failure it is. Everything that reacts to a failure reacts to this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The request or event is wrong in itself; the same again fails again.
    Invalid,
    /// Nobody, or not provably somebody, is asking.
    Unauthenticated,
    /// The one asking may see this but not do that.
    Forbidden,
    /// There is no such thing, or none that the one asking may see.
    NotFound,
    /// The thing is not in a state that allows it (taken name, changed revision).
    Conflict,
    /// Too much was asked in too little time.
    TooMany,
    /// Something needed is not reachable now; later it may be.
    Unavailable,
    /// No answer within the time allowed; it may or may not have happened.
    Timeout,
    /// A defect of ours.
    Internal,
}

impl Code {
    /// Whether trying the same again later can succeed without anything being mended.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::TooMany | Self::Unavailable | Self::Timeout)
    }

    /// The word used in logs, metrics and dead letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::TooMany => "too_many_requests",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Internal => "internal",
        }
    }
}

/// One thing wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's path as the client wrote it (`content`, `tags[2]`).
    pub field: String,
    /// Stable word for programs (`too_long`, `unknown_field`).
    pub code: &'static str,
    /// Sentence for people; never repeats a secret.
    pub message: String,
}

impl FieldError {
    /// A field error from its three parts.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code,
            message: message.into(),
        }
    }
}

/// An error that says what kind of failure it is.
pub trait Fault: std::error::Error {
    /// The kind of failure.
    fn code(&self) -> Code;

    /// Stable word of this very failure for programs, e.g. `username_taken`; the code's word if there
    /// is nothing more to say.
    fn reason(&self) -> &'static str {
        self.code().as_str()
    }

    /// The fields that are wrong, for [`Code::Invalid`].
    fn fields(&self) -> &[FieldError] {
        &[]
    }

    /// How long to wait before trying again, where that is known.
    fn retry_after(&self) -> Option<std::time::Duration> {
        None
    }

    /// Whether nothing has failed: something is being done that is worth waiting for. What is handled is tried again until that
    /// is done, and no breaker counts it.
    fn is_held(&self) -> bool {
        false
    }
}
