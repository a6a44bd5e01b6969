//! Signed-in sessions.

use nova_ids::{SessionId, UserId};
use time::{Duration, OffsetDateTime};

use super::{Account, RefreshToken};

/// The chain of refresh tokens that began with one sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Which one.
    pub id: SessionId,
    /// Who signed in.
    pub user_id: UserId,
    /// When its newest refresh token expires, and the session with it.
    pub expires_at: OffsetDateTime,
}

impl Session {
    /// A session that begins now.
    #[must_use]
    pub fn begin(user_id: UserId, now: OffsetDateTime, lifetime: Duration) -> Self {
        Self {
            id: SessionId::new(),
            user_id,
            expires_at: now.saturating_add(lifetime),
        }
    }

    /// The session after a refresh: it lives as long again.
    #[must_use]
    pub fn prolonged(self, now: OffsetDateTime, lifetime: Duration) -> Self {
        Self {
            expires_at: now.saturating_add(lifetime),
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
