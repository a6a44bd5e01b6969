//! Signed-in sessions.

use nova_ids::{SessionId, UserId};
use time::{Duration, OffsetDateTime};

use super::{Account, Device, RefreshToken};

/// The chain of refresh tokens that began with one sign-in, whose time is in its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which one.
    pub id: SessionId,
    /// Who signed in.
    pub user_id: UserId,
    /// When its newest refresh token expires, and the session with it.
    pub expires_at: OffsetDateTime,
    /// When it began or was last refreshed.
    pub last_used_at: OffsetDateTime,
    /// From where that was.
    pub device: Device,
}

impl Session {
    /// A session that begins now.
    #[must_use]
    pub fn begin(user_id: UserId, now: OffsetDateTime, lifetime: Duration, device: Device) -> Self {
        let id = SessionId::new();
        Self {
            id,
            user_id,
            expires_at: now.saturating_add(lifetime),
            last_used_at: id.made_at(),
            device,
        }
    }

    /// The session after a refresh: it lives as long again.
    #[must_use]
    pub fn refreshed(self, now: OffsetDateTime, lifetime: Duration, device: Device) -> Self {
        Self {
            expires_at: now.saturating_add(lifetime),
            // A clock that was set back must not make it look unused since.
            last_used_at: now.truncate_to_millisecond().max(self.last_used_at),
            device,
            ..self
        }
    }
}

/// What someone who signed in, or refreshed, is given.
pub struct SignedIn {
    /// Who they are.
    pub account: Account,
    /// The JWT for the `Authorization` header.
    pub access_token: String,
    /// Good for one refresh.
    pub refresh_token: RefreshToken,
    /// How long the access token is good for.
    pub expires_in: Duration,
}
