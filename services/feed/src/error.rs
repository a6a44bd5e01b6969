//! What can go wrong here, and what kind of failure each is.

use nova_event_bus::{BusError, OutboxError};
use nova_resilience::{Code, Fault, FieldError};
use nova_service::cursor::InvalidCursor;

/// Why this service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field of a gRPC request breaks rules.
    #[error("the field {} is wrong", .0.field)]
    Invalid(FieldError),
    /// The cursor is not one of this feed.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// Nobody is asking.
    #[error("a home feed belongs to somebody: sign in")]
    Unauthenticated,
    /// An event lacks what it must have, or holds what cannot be.
    #[error("the event's {0} cannot be read")]
    BadEvent(&'static str),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// Redis failed.
    #[error("redis failed")]
    Redis(#[from] redis::RedisError),
    /// The event could not be written beside the change it tells of.
    #[error("the event could not be written")]
    Outbox(#[from] OutboxError),
    /// Dead letters could not be deleted.
    #[error("dead letters could not be deleted")]
    Letters(#[from] BusError),
}

impl Fault for Error {
    fn code(&self) -> Code {
        match self {
            Self::Invalid(_) | Self::Cursor(_) | Self::BadEvent(_) => Code::Invalid,
            Self::Unauthenticated => Code::Unauthenticated,
            Self::Database(error) => nova_service::postgres::code(error),
            Self::Redis(_) => Code::Unavailable,
            Self::Outbox(error) => error.code(),
            Self::Letters(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::Cursor(error) => error.reason(),
            Self::BadEvent(_) => "bad_event",
            other => other.code().as_str(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(field) => std::slice::from_ref(field),
            Self::Cursor(error) => error.fields(),
            _ => &[],
        }
    }
}
