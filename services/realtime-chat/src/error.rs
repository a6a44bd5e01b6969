//! What can go wrong here, and what kind of failure each is.

use nova_event_bus::BusError;
use nova_resilience::{Code, Fault};
use nova_service::redis::Away;

/// Why this service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is asking.
    #[error("chat belongs to somebody: sign in")]
    Unauthenticated,
    /// An event lacks what it must have, or holds what cannot be.
    #[error("the event's {0} cannot be read")]
    BadEvent(&'static str),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// Redis failed.
    #[error("redis failed")]
    Redis(#[from] Away),
    /// Kafka did not take what a socket said, or dead letters could not be deleted.
    #[error("the event bus failed")]
    Bus(#[from] BusError),
}

impl Fault for Error {
    fn code(&self) -> Code {
        match self {
            Self::BadEvent(_) => Code::Invalid,
            Self::Unauthenticated => Code::Unauthenticated,
            Self::Database(error) => nova_service::postgres::code(error),
            Self::Redis(_) => Code::Unavailable,
            Self::Bus(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::BadEvent(_) => "bad_event",
            other => other.code().as_str(),
        }
    }
}
