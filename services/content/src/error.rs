//! What can go wrong here, and what kind of failure each is.

use nova_attachments::BadAttachment;
use nova_event_bus::{BusError, OutboxError};
use nova_resilience::{Code, Fault, FieldError, Invalid};
use nova_service::cursor::InvalidCursor;
use nova_service::http::PreconditionFailed;
use nova_service::idempotency::IdempotencyError;

use crate::domain::{EditRefused, NotTheAuthor};

/// Why this service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request breaks rules.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The cursor is not one of this list.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// There is no such post, or none that the one asking may see: which, is not told.
    #[error("there is no such post")]
    NoSuchPost,
    /// The token is good, but whom it names is gone for good.
    #[error("the access token names no account")]
    UnknownCaller,
    /// The post is somebody else's.
    #[error(transparent)]
    NotTheAuthor(#[from] NotTheAuthor),
    /// The post is in another state than the change is meant for.
    #[error(transparent)]
    PreconditionFailed(#[from] PreconditionFailed),
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
    /// Posts could not be written as JSON.
    #[error("posts could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// Dead letters could not be deleted.
    #[error("dead letters could not be deleted")]
    Letters(#[from] BusError),
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
            Self::Cursor(error) => error.code(),
            Self::NoSuchPost => Code::NotFound,
            Self::UnknownCaller => Code::Unauthenticated,
            Self::NotTheAuthor(_) => Code::Forbidden,
            Self::PreconditionFailed(error) => error.code(),
            Self::Idempotency(error) => error.code(),
            Self::BadEvent(_) => Code::Invalid,
            Self::Json(_) => Code::Internal,
            Self::Database(error) => nova_service::postgres::code(error),
            Self::Outbox(error) => error.code(),
            Self::Letters(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(error) => error.reason(),
            Self::Cursor(error) => error.reason(),
            Self::PreconditionFailed(error) => error.reason(),
            Self::Idempotency(error) => error.reason(),
            Self::UnknownCaller => "invalid_token",
            Self::BadEvent(_) => "bad_event",
            other => other.code().as_str(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(error) => error.fields(),
            Self::Cursor(error) => error.fields(),
            _ => &[],
        }
    }
}

impl From<EditRefused> for Error {
    fn from(refused: EditRefused) -> Self {
        match refused {
            EditRefused::NotTheAuthor(error) => Self::NotTheAuthor(error),
            EditRefused::Invalid(error) => Self::Invalid(error),
        }
    }
}
