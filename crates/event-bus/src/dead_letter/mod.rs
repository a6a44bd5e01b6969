//! Dead letters, for the people who mend them: what could not be handled, and what waits behind it.
//!
//! An event that fails for good is parked with its *sequence*, which is the events of its key; later ones
//! wait behind it. Replaying hands the letters of a sequence to their handler in order, and lets the
//! sequence flow again when none is left. Discarding takes letters out unhandled.
//!
//! Everything here works on the database of one service.

mod audit;
mod change;
mod hold;
mod list;
mod outbox;
mod purge;
mod selection;
mod show;
mod stock;

pub use self::audit::{AuditEntry, audit};
pub use self::change::{Changed, discard, request_replay};
pub use self::hold::{hold, release};
pub use self::list::{Again, DeadLetter, Group, groups, letters, list};
pub(crate) use self::purge::{expire, expire_aside};
pub use self::purge::{purge, purge_mentions};
pub use self::selection::Selection;
pub use self::show::{Header, WholeLetter, show};
pub(crate) use self::stock::tell_stock;

/// Channel on which consumers hear that a replay is asked for; the payload is the consumer's name.
pub(crate) const REPLAY_CHANNEL: &str = "nova_replay";
