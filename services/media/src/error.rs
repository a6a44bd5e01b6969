//! What can go wrong here, and what kind of failure each is.

use nova_event_bus::{BusError, OutboxError};
use nova_resilience::{Code, Fault};

/// Why this service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An event holds what cannot be.
    #[error("the event's {0} cannot be read")]
    BadEvent(&'static str),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
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
            Self::BadEvent(_) => Code::Invalid,
            Self::Database(error) => nova_service::postgres::code(error),
            Self::Outbox(error) => error.code(),
            Self::Letters(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::BadEvent(_) => "bad_event",
            other => other.code().as_str(),
        }
    }
}
