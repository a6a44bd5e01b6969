//! What can go wrong here, and what kind of failure each is.

use nova_event_bus::BusError;
use nova_resilience::{Code, Fault};
use nova_service::redis::Away;

/// Why this service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is asking.
    #[error("what reaches a user is for that user alone: sign in")]
    Unauthenticated,
    /// A ticket that opens nothing: used, changed or over.
    #[error("the ticket opens nothing: it was used, changed, or is over")]
    BadTicket,
    /// Only streams of events are to be had, and the client takes none.
    #[error("this is text/event-stream, which the Accept header excludes")]
    NotAcceptable,
    /// So many streams are open.
    #[error("too many streams are open")]
    TooMany,
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// Redis failed.
    #[error("redis failed")]
    Redis(#[from] Away),
    /// Windows are being filled again.
    #[error("windows are being filled again")]
    Filling,
    /// What Kafka has could not be read again.
    #[error("the event bus failed")]
    Bus(#[from] BusError),
}

impl Fault for Error {
    fn code(&self) -> Code {
        match self {
            Self::Unauthenticated | Self::BadTicket => Code::Unauthenticated,
            Self::NotAcceptable => Code::Invalid,
            Self::TooMany => Code::TooMany,
            Self::Database(error) => nova_service::postgres::code(error),
            Self::Redis(_) | Self::Filling => Code::Unavailable,
            Self::Bus(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::BadTicket => "bad_ticket",
            Self::NotAcceptable => "not_acceptable",
            Self::TooMany => "too_many_streams",
            Self::Filling => "filling",
            other => other.code().as_str(),
        }
    }

    fn is_held(&self) -> bool {
        matches!(self, Self::Filling)
    }
}
