//! Refresh tokens: each is good for one refresh.
//!
//! A token tells which session it belongs to, so that the second use of any of them is noticed although only the newest
//! is kept. It is these 72 bytes in URL-safe base64:
//!
//! | bytes | |
//! | --- | --- |
//! | 16 | the id of its session |
//! | 16 | the session's mark: random, the same in each of its tokens |
//! | 32 | random, this token's own |
//! | 8 | the beginning of the SHA-256 of what stands before, so that a token with a typing error is none |
//!
//! What is kept are two hashes for each session, however often it is refreshed: of its mark, and of its newest token.
//! Whoever presents a token with the mark had one of the session's tokens; if it is not the newest, it was used, and the
//! session ends. Someone without one does not know the mark and can end nothing; someone with one could make up others
//! that look used, but presenting the one they have does as much. What is kept is of no use to make a token of, and
//! there is no key in this: none that could leak, and none whose change would end all sessions.
//!
//! Tokens of before are 32 random bytes that tell nothing. Each is good until it expires and gives a token with a mark;
//! it is kept until then with the time it was used, so that its second use is noticed as well.

use std::fmt;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nova_ids::SessionId;
use nova_resilience::{FieldError, Invalid};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Session;

/// Random bytes that are a token's own: 256 bits, so that guessing and collisions need no thought.
const RANDOM_BYTES: usize = 32;
/// Random bytes of a mark. Guessing one of 128 bits would end one session.
const MARK_BYTES: usize = 16;
/// Bytes at the end that check the others.
const CHECK_BYTES: usize = 8;
/// Most characters of what is looked at as a token. Ours have 96, or 43 without a mark.
const MAX_LENGTH: usize = 512;

/// A refresh token as its owner has it. It never prints itself.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    text: String,
    mark: Option<Mark>,
}

/// What all tokens of a session have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    session_id: SessionId,
    secret: [u8; MARK_BYTES],
}

impl RefreshToken {
    /// The first token of a session, from the thread's cryptographically secure generator.
    #[must_use]
    pub fn first(session: SessionId) -> Self {
        Self::with(Mark {
            session_id: session,
            secret: rand::random(),
        })
    }

    /// The token that comes after this one in its session.
    #[must_use]
    pub fn next(&self, session: SessionId) -> Self {
        self.mark.map_or_else(|| Self::first(session), Self::with)
    }

    fn with(mark: Mark) -> Self {
        let own: [u8; RANDOM_BYTES] = rand::random();
        let mut bytes = [mark.session_id.uuid().as_bytes(), &mark.secret[..], &own].concat();
        bytes.extend_from_slice(&check_of(&bytes));
        Self {
            text: URL_SAFE_NO_PAD.encode(bytes),
            mark: Some(mark),
        }
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
        Ok(Self {
            text: text.to_owned(),
            mark: Mark::read(text),
        })
    }

    /// The token, for its owner.
    #[must_use]
    pub fn reveal(self) -> String {
        self.text
    }

    /// What is stored of the token. A plain hash is enough: there is nothing to guess in 256 random bits.
    #[must_use]
    pub fn hash(&self) -> RefreshTokenHash {
        RefreshTokenHash::of(self.text.as_bytes())
    }

    /// The session it says that it belongs to. None of those that were given out before tokens said so.
    #[must_use]
    pub const fn mark(&self) -> Option<&Mark> {
        self.mark.as_ref()
    }

    /// What the token of that session gets now, by what is still known of the token itself.
    #[must_use]
    pub fn verdict(
        &self,
        session: &Session,
        known: Option<KnownRefreshToken>,
        now: OffsetDateTime,
    ) -> Verdict {
        if session.expires_at <= now {
            return Verdict::Expired;
        }
        match known {
            Some(known) => known.verdict(now),
            // It has the mark and is not the newest, so it came before that.
            None if self.mark.is_some() => Verdict::Reused,
            None => Verdict::Expired,
        }
    }
}

impl Mark {
    fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (said, check) = bytes.split_last_chunk::<CHECK_BYTES>()?;
        let (session_id, rest) = said.split_first_chunk()?;
        let (secret, own) = rest.split_first_chunk()?;
        let is_whole = own.len() == RANDOM_BYTES && *check == check_of(said);
        is_whole.then(|| Self {
            session_id: SessionId::from(Uuid::from_bytes(*session_id)),
            secret: *secret,
        })
    }

    /// Whose mark it is, if it is the right one.
    #[must_use]
    pub const fn session_id(&self) -> SessionId {
        self.session_id
    }

    /// What is stored of the mark.
    #[must_use]
    pub fn hash(&self) -> RefreshTokenHash {
        RefreshTokenHash::of(&self.secret)
    }
}

fn check_of(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let hash = digest::digest(&digest::SHA256, bytes);
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&hash.as_ref()[..CHECK_BYTES]);
    check
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(***)")
    }
}

/// SHA-256 of a refresh token, or of the mark in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshTokenHash(Vec<u8>);

impl RefreshTokenHash {
    fn of(secret: &[u8]) -> Self {
        Self(digest::digest(&digest::SHA256, secret).as_ref().to_vec())
    }

    /// The 32 bytes, for storing and finding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.clone()
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
    fn verdict(&self, now: OffsetDateTime) -> Verdict {
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
    use nova_ids::UserId;
    use time::Duration;

    use super::*;
    use crate::domain::Device;

    /// As they were made before they had a mark.
    fn without_mark() -> RefreshToken {
        RefreshToken::parse(&URL_SAFE_NO_PAD.encode([7; 32])).unwrap()
    }

    #[test]
    fn a_token_survives_the_way_to_its_owner_and_back() {
        let session = SessionId::new();
        let token = RefreshToken::first(session);
        let revealed = token.clone().reveal();
        assert_eq!(revealed.len(), 96);
        let read = RefreshToken::parse(&revealed).unwrap();
        assert!(read == token && read.hash() == token.hash());
        assert_eq!(read.mark().unwrap().session_id(), session);
        assert_eq!(format!("{token:?}"), "RefreshToken(***)");
    }

    #[test]
    fn tokens_of_a_session_have_its_mark_and_nothing_else_in_common() {
        let session = SessionId::new();
        let first = RefreshToken::first(session);
        let second = first.next(session);
        let mark = |token: &RefreshToken| token.mark().unwrap().hash();
        assert_eq!(mark(&first), mark(&second));
        assert_ne!(first.hash(), second.hash());
        assert_ne!(mark(&first), mark(&RefreshToken::first(session)));
        let after_old = without_mark().next(session);
        assert_eq!(after_old.mark().unwrap().session_id(), session);
    }

    #[test]
    fn a_token_that_was_changed_anywhere_has_no_mark() {
        let token = RefreshToken::first(SessionId::new()).reveal();
        for place in 0..token.len() {
            let other = if &token[place..=place] == "A" {
                "B"
            } else {
                "A"
            };
            let mut changed = token.clone();
            changed.replace_range(place..=place, other);
            assert!(RefreshToken::parse(&changed).unwrap().mark().is_none());
        }
        for changed in [&token[4..], &token[..92], &format!("{token}AAAA")] {
            assert!(RefreshToken::parse(changed).unwrap().mark().is_none());
        }
        assert!(without_mark().mark().is_none());
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
        let device = Device::default();
        let session = Session::begin(UserId::new(), now, Duration::days(2), device);
        let newest = KnownRefreshToken {
            expires_at: now + Duration::seconds(1),
            used_at: None,
        };
        let used = KnownRefreshToken {
            used_at: Some(now),
            ..newest
        };
        for token in [RefreshToken::first(session.id), without_mark()] {
            let verdict = |known, after| token.verdict(&session, known, now + after);
            let (second, day) = (Duration::seconds(1), Duration::days(1));
            assert_eq!(verdict(Some(newest), Duration::ZERO), Verdict::Good);
            assert_eq!(verdict(Some(newest), second), Verdict::Expired);
            assert_eq!(verdict(Some(used), Duration::ZERO), Verdict::Reused);
            assert_eq!(verdict(Some(used), day), Verdict::Reused);
            assert_eq!(verdict(Some(used), day * 2), Verdict::Expired);
        }
    }

    #[test]
    fn of_a_token_with_a_mark_nothing_need_be_known() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        let device = Device::default();
        let session = Session::begin(UserId::new(), now, Duration::DAY, device);
        let marked = RefreshToken::first(session.id);
        assert_eq!(marked.verdict(&session, None, now), Verdict::Reused);
        assert_eq!(
            marked.verdict(&session, None, now + Duration::DAY),
            Verdict::Expired
        );
        assert_eq!(
            without_mark().verdict(&session, None, now),
            Verdict::Expired
        );
    }
}
