//! What a client has missed, told instead of hidden.

use std::time::Duration;

use nova_service::rfc3339;
use serde::{Serialize, Serializer};
use time::OffsetDateTime;

/// Why something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is no longer kept.
    Expired,
    /// The id that the client brought says nothing.
    UnknownId,
    /// It was let go while a breaker was open.
    Dropped,
    /// The client was too slow, and has said that it would rather miss something.
    Slow,
    /// Where it was kept was emptied, and it cannot be read again.
    Reset,
}

impl Reason {
    /// The word for metrics, as the client reads it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::UnknownId => "unknown_id",
            Self::Dropped => "dropped",
            Self::Slow => "slow",
            Self::Reset => "reset",
        }
    }
}

/// A gap, as a client reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Why.
    pub reason: Reason,
    /// Where something may be missing, by the names that the client has given.
    pub channels: Vec<String>,
    /// What is missing has not happened before.
    #[serde(with = "rfc3339")]
    pub from: OffsetDateTime,
    /// Nor after.
    #[serde(serialize_with = "not_before")]
    pub to: OffsetDateTime,
    /// How many events it is, where that is known.
    pub missed: Option<u64>,
}

/// Writes milliseconds, and none that lies before the time.
fn not_before<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    rfc3339::serialize(&(*at + Duration::from_nanos(999_999)), serializer)
}

impl Gap {
    /// Takes another gap of the same reason into this one.
    pub fn widen(&mut self, other: Self) {
        self.from = self.from.min(other.from);
        self.to = self.to.max(other.to);
        self.missed = self.missed.zip(other.missed).map(|(one, two)| one + two);
        for channel in other.channels {
            if !self.channels.contains(&channel) {
                self.channels.push(channel);
            }
        }
    }
}
