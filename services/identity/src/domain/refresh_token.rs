//! Refresh tokens: each is good for one refresh.

use std::fmt;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nova_resilience::{FieldError, Invalid};
use time::OffsetDateTime;

/// Random bytes in a token: 256 bits, so that guessing and collisions need no thought.
const RANDOM_BYTES: usize = 32;
/// Most characters of what is looked at as a token. Ours have 43.
const MAX_LENGTH: usize = 512;

/// A refresh token as its owner has it. It never prints itself.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(String);

impl RefreshToken {
    /// A new token from the thread's cryptographically secure generator, in URL-safe base64.
    #[must_use]
    pub fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; RANDOM_BYTES]>()))
    }

    /// Reads a token that was sent back. A text that never was one of ours is taken for a token that is
    /// unknown, which it is.
    ///
    /// # Errors
    /// Refuses what no token of anybody's looks like: nothing, more than 512 characters, characters that are
    /// not visible ASCII.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let wrong =
            |code, message: &str| Err(FieldError::new("refresh_token", code, message).into());
        if text.is_empty() {
            return wrong("empty", "must not be empty");
        }
        if text.len() > MAX_LENGTH {
            return wrong("too_long", "must have at most 512 characters");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return wrong(
                "invalid_characters",
                "must have only visible ASCII characters",
            );
        }
        Ok(Self(text.to_owned()))
    }

    /// The token, for its owner.
    #[must_use]
    pub fn reveal(self) -> String {
        self.0
    }

    /// What is stored of the token. A plain hash is enough: there is nothing to guess in 256 random bits.
    #[must_use]
    pub fn hash(&self) -> RefreshTokenHash {
        RefreshTokenHash(
            digest::digest(&digest::SHA256, self.0.as_bytes())
                .as_ref()
                .to_vec(),
        )
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(***)")
    }
}

/// SHA-256 of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshTokenHash(Vec<u8>);

impl RefreshTokenHash {
    /// The 32 bytes, for storing and finding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What is known of a token that was given out.
#[derive(Debug, Clone, Copy)]
pub struct KnownRefreshToken {
    /// When it stops to be good.
    pub expires_at: OffsetDateTime,
    /// When it was used for the one refresh it is good for.
    pub used_at: Option<OffsetDateTime>,
}

/// What a presented token gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// New tokens.
    Good,
    /// Nothing: it is too old.
    Expired,
    /// Nothing, and its session ends: either its owner or a thief has used it before, and nobody can
    /// tell which of them this is (RFC 9700, section 4.14.2).
    Reused,
}

impl KnownRefreshToken {
    /// What the token gets now.
    #[must_use]
    pub fn verdict(&self, now: OffsetDateTime) -> Verdict {
        if self.used_at.is_some() {
            return Verdict::Reused;
        }
        if self.expires_at <= now {
            return Verdict::Expired;
        }
        Verdict::Good
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn a_token_survives_the_way_to_its_owner_and_back() {
        let token = RefreshToken::random();
        let revealed = token.clone().reveal();
        assert_eq!(revealed.len(), 43);
        assert_eq!(RefreshToken::parse(&revealed).unwrap().hash(), token.hash());
        assert_ne!(RefreshToken::random().hash(), token.hash());
        assert_eq!(format!("{token:?}"), "RefreshToken(***)");
    }

    #[test]
    fn what_no_token_looks_like_is_refused() {
        for (text, code) in [
            ("", "empty"),
            (&*"A".repeat(513), "too_long"),
            ("two words", "invalid_characters"),
            ("nul\0", "invalid_characters"),
            ("ünknown", "invalid_characters"),
        ] {
            let Invalid(errors) = RefreshToken::parse(text).unwrap_err();
            assert_eq!(
                (errors[0].field.as_str(), errors[0].code),
                ("refresh_token", code),
                "{text:?}"
            );
        }
        assert!(RefreshToken::parse("not-one-of-ours").is_ok());
    }

    #[test]
    fn a_token_is_good_once_and_for_a_time() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        let token = KnownRefreshToken {
            expires_at: now + Duration::seconds(1),
            used_at: None,
        };
        assert_eq!(token.verdict(now), Verdict::Good);
        assert_eq!(token.verdict(now + Duration::seconds(1)), Verdict::Expired);
        let used = KnownRefreshToken {
            used_at: Some(now),
            ..token
        };
        assert_eq!(used.verdict(now), Verdict::Reused);
        assert_eq!(used.verdict(now + Duration::days(1)), Verdict::Reused);
    }
}
