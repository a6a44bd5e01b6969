//! Dead letters, for the people who mend them: what could not be handled, and what waits behind it.
//!
//! An event that fails for good is parked with its *sequence*, which is the events of its key; later ones
//! wait behind it. Replaying hands the letters of a sequence to their handler in order, and lets the
//! sequence flow again when none is left. Discarding takes letters out unhandled.
//!
//! Everything here works on the database of one service.

mod audit;
mod change;
mod list;
mod selection;
mod show;

use sqlx::PgPool;

pub use self::audit::{AuditEntry, audit};
pub use self::change::{Changed, discard, request_replay};
pub use self::list::{DeadLetter, Group, groups, letters, list};
pub use self::selection::Selection;
pub use self::show::{Header, WholeLetter, show};
use crate::failure::Failure;
use crate::fingerprint::fingerprint;
use crate::record::{Record, header};
use crate::store::{self, Letter};

/// Channel on which consumers hear that a replay is asked for; the payload is the consumer's name.
pub(crate) const REPLAY_CHANNEL: &str = "nova_replay";

/// Parks an event; parking it twice leaves one.
pub(crate) async fn park(
    pool: &PgPool,
    consumer: &str,
    record: &Record,
    failure: &Failure,
    attempts: u32,
) -> Result<(), sqlx::Error> {
    let event_type = record.header(header::TYPE).unwrap_or_default();
    let letter = Letter {
        record,
        failure,
        fingerprint: fingerprint(event_type, consumer, failure.code, failure.reason),
        attempts,
    };
    store::park(pool, consumer, &letter).await
}
