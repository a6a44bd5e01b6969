//! What can go wrong here, and what kind of failure each is.

use nova_attachments::BadAttachment;
use nova_event_bus::{BusError, OutboxError};
use nova_resilience::{Code, Fault, FieldError, Invalid};
use nova_service::cursor::InvalidCursor;
use nova_service::idempotency::IdempotencyError;

use crate::domain::{BadOpening, EditRefused, Refused, Unprocessable};

/// Why this service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request breaks rules.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The request makes sense, and cannot be followed as things are.
    #[error(transparent)]
    Unprocessable(#[from] Unprocessable),
    /// The cursor is not one of this list.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// There is no such conversation, or none that the one asking is in: which, is not told.
    #[error("there is no such conversation")]
    NoSuchConversation,
    /// There is no such message, or none that the one asking may see: which, is not told.
    #[error("there is no such message")]
    NoSuchMessage,
    /// Whom it is about is no member.
    #[error("there is no such member")]
    NoSuchMember,
    /// There is no such user.
    #[error("there is no such user")]
    NoSuchUser,
    /// The token is good, but whom it names has left.
    #[error("the access token names no account")]
    UnknownCaller,
    /// One of the two has blocked the other.
    #[error("one of you has blocked the other")]
    Blocked,
    /// The one asking sees it and may not do that.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The Idempotency-Key was used for something else, or cannot be looked up.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    /// An event holds what cannot be.
    #[error("the event's {0} cannot be read")]
    BadEvent(&'static str),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The event could not be written beside the change it tells of.
    #[error("the event could not be written")]
    Outbox(#[from] OutboxError),
    /// Messages could not be written as JSON.
    #[error("messages could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// Dead letters could not be deleted.
    #[error("dead letters could not be deleted")]
    Letters(#[from] BusError),
}

impl Error {
    /// Whether it is whoever asked who did something wrong.
    #[must_use]
    pub fn is_a_refusal(&self) -> bool {
        match self {
            Self::Invalid(_)
            | Self::Unprocessable(_)
            | Self::NoSuchConversation
            | Self::NoSuchMessage
            | Self::NoSuchMember
            | Self::NoSuchUser
            | Self::UnknownCaller
            | Self::Blocked
            | Self::Forbidden(_)
            | Self::Idempotency(IdempotencyError::Reused) => true,
            Self::Cursor(_)
            | Self::Idempotency(_)
            | Self::BadEvent(_)
            | Self::Database(_)
            | Self::Outbox(_)
            | Self::Json(_)
            | Self::Letters(_) => false,
        }
    }
}

impl From<BadAttachment> for Error {
    fn from(BadAttachment(field): BadAttachment) -> Self {
        Self::BadEvent(field)
    }
}

impl Fault for Error {
    fn code(&self) -> Code {
        match self {
            Self::Invalid(error) => error.code(),
            Self::Unprocessable(_) | Self::BadEvent(_) => Code::Invalid,
            Self::Cursor(error) => error.code(),
            Self::NoSuchConversation
            | Self::NoSuchMessage
            | Self::NoSuchMember
            | Self::NoSuchUser => Code::NotFound,
            Self::UnknownCaller => Code::Unauthenticated,
            Self::Blocked | Self::Forbidden(_) => Code::Forbidden,
            Self::Idempotency(error) => error.code(),
            Self::Json(_) => Code::Internal,
            Self::Database(error) => nova_service::postgres::code(error),
            Self::Outbox(error) => error.code(),
            Self::Letters(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(error) => error.reason(),
            Self::Unprocessable(error) => error.reason,
            Self::Cursor(error) => error.reason(),
            Self::Idempotency(error) => error.reason(),
            Self::UnknownCaller => "invalid_token",
            Self::Blocked => "blocked",
            Self::BadEvent(_) => "bad_event",
            other => other.code().as_str(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(error) => error.fields(),
            Self::Unprocessable(error) => &error.fields,
            Self::Cursor(error) => error.fields(),
            _ => &[],
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Forbidden(why) => Self::Forbidden(why),
            Refused::NoSuchMember => Self::NoSuchMember,
            Refused::Unprocessable(error) => Self::Unprocessable(error),
        }
    }
}

impl From<EditRefused> for Error {
    fn from(refused: EditRefused) -> Self {
        match refused {
            EditRefused::NotTheSender => Self::Forbidden("only its sender may edit a message"),
            EditRefused::Invalid(error) => Self::Invalid(error),
        }
    }
}

impl From<BadOpening> for Error {
    fn from(refused: BadOpening) -> Self {
        match refused {
            BadOpening::Invalid(error) => Self::Invalid(error),
            BadOpening::Unprocessable(error) => Self::Unprocessable(error),
        }
    }
}
