//! Tickets: what opens a stream for a page that can set neither header nor cookie. A ticket stands in a URL, so it is of use
//! to nobody who finds it there later.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nova_ids::UserId;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::Known;
use crate::domain::event_id::Seal;
use crate::state::State;
use crate::store::tickets;

/// For how many seconds a ticket opens a stream.
pub(super) const LIFETIME: u64 = 30;
const VERSION: u8 = 1;
const TAG: usize = 16;
/// Version, ticket, user, end of the token, end of the ticket.
const LENGTH: usize = 1 + 16 + 16 + 8 + 8;

/// A ticket that was given.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Given {
    /// For the parameter `ticket`.
    pub(super) ticket: String,
    /// Within how many seconds it opens a stream.
    pub(super) expires_in: u64,
}

/// What a ticket says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) id: Uuid,
    /// Whose it is, and when the token ends that it was had for.
    pub(super) known: Known,
    /// When it opens nothing any more, in seconds since the Unix epoch.
    pub(super) until: u64,
}

impl Ticket {
    /// A new one.
    pub(super) fn new(known: Known, now: u64) -> Self {
        Self {
            id: Uuid::now_v7(),
            known,
            until: now + LIFETIME,
        }
    }

    /// As it stands in URLs.
    pub(super) fn seal(&self, seal: &impl Seal) -> String {
        let mut bytes = Vec::with_capacity(LENGTH + TAG);
        bytes.push(VERSION);
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(self.known.user.uuid().as_bytes());
        bytes.extend_from_slice(&self.known.until.to_be_bytes());
        bytes.extend_from_slice(&self.until.to_be_bytes());
        let tag = seal.tag(&[b"ticket", &bytes]);
        bytes.extend_from_slice(&tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`Self::seal`] has written; none of every other text.
    pub(super) fn open(seal: &impl Seal, text: &str) -> Option<Self> {
        // Longer than any, and not decoded.
        if text.len() > 2 * (LENGTH + TAG) {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (said, tag) = bytes.split_at_checked(LENGTH)?;
        let good = seal.tag(&[b"ticket", said]);
        let differences = good.iter().zip(tag).fold(0, |sum, (a, b)| sum | (a ^ b));
        if tag.len() != TAG || differences != 0 || said.first() != Some(&VERSION) {
            return None;
        }
        let uuid = |from: usize| Uuid::from_slice(said.get(from..from + 16)?).ok();
        let number = |from: usize| {
            let bytes = said.get(from..from + 8)?.try_into().ok()?;
            Some(u64::from_be_bytes(bytes))
        };
        Some(Self {
            id: uuid(1)?,
            known: Known {
                user: UserId::from(uuid(17)?),
                until: number(33)?,
            },
            until: number(41)?,
        })
    }
}

/// A ticket that is used. If its stream never begins, it is not.
pub(super) struct Claimed {
    state: State,
    ticket: Uuid,
    has_begun: bool,
}

impl Claimed {
    /// Uses the ticket; none if it was used before, here or elsewhere. While Postgres is away this node alone remembers: what then
    /// is used again elsewhere is a lesser evil than pages that hear nothing.
    pub(super) async fn new(state: &State, ticket: Ticket) -> Option<Self> {
        let is_first = |now| state.hub.tickets().claim(ticket.id, ticket.until, now);
        if !is_first(unix_seconds()) {
            return None;
        }
        let until = i64::try_from(ticket.until).ok()?;
        let until = OffsetDateTime::from_unix_timestamp(until).ok()?;
        let claimed = tickets::claim(&state.database.pool, ticket.id, until).await;
        let is_first = claimed.unwrap_or_else(|error| {
            tracing::warn!(%error, "a ticket is taken without knowing whether it was used on another node");
            true
        });
        is_first.then(|| Self {
            state: state.clone(),
            ticket: ticket.id,
            has_begun: false,
        })
    }

    /// Its client has been told how to come back.
    pub(super) fn keep(mut self) {
        self.has_begun = true;
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        if self.has_begun {
            return;
        }
        let (state, ticket) = (self.state.clone(), self.ticket);
        tokio::spawn(async move {
            if let Err(error) = tickets::release(&state.database.pool, ticket).await {
                tracing::debug!(%error, "a ticket stays used");
            }
            state.hub.tickets().release(ticket);
        });
    }
}

/// Now, as tickets and tokens have it.
pub(super) fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sealed::Wax;

    #[test]
    fn a_ticket_is_read_as_it_was_written_and_not_when_it_was_changed() {
        let known = Known {
            user: UserId::new(),
            until: 99,
        };
        let ticket = Ticket::new(known, 7);
        let text = ticket.seal(&Wax);
        assert_eq!(Ticket::open(&Wax, &text), Some(ticket));
        for place in 0..text.len() {
            let mut changed = text.clone();
            let other = if changed.as_bytes()[place] == b'A' {
                "B"
            } else {
                "A"
            };
            changed.replace_range(place..=place, other);
            // The last character has bits that say nothing, but other bits of it are not read at all.
            assert_eq!(Ticket::open(&Wax, &changed), None, "{place}");
        }
        for wrong in [
            "",
            "A",
            &text[1..],
            &format!("{text}A"),
            &"A".repeat(10_000),
        ] {
            assert_eq!(Ticket::open(&Wax, wrong), None, "{wrong}");
        }
    }
}
