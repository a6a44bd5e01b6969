//! The tokens in mails: who has one can read what is sent to the address.

use std::fmt;

use aws_lc_rs::{digest, hkdf, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nova_ids::{EventId, UserId};
use nova_resilience::{Code, Fault, FieldError};
use time::{Duration, OffsetDateTime};

/// How long a token is good for, from when its mail is handed over.
const LIFETIME: Duration = Duration::HOUR;

/// Bytes of a token: an HMAC-SHA256 tag.
const BYTES: usize = 32;

/// What HKDF derives the key for, so that no other key from the same secret is the same.
const KEY_PURPOSE: &[u8] = b"nova mail tokens v1";

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Proving that an address is its owner's.
    VerifyEmail,
    /// Choosing another password.
    ResetPassword,
}

impl Purpose {
    /// The word under which it is stored and counted.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
        }
    }
}

/// Makes tokens. It is derived (RFC 5869) from the seed of the key that signs access tokens, which only identity has
/// and which lets its holder be anybody anyway; nothing follows from one for the other. It never prints itself.
#[derive(Clone)]
pub struct MailTokenKey(hmac::Key);

impl MailTokenKey {
    /// The key of mail tokens that belongs to a secret; none if it cannot be derived, which is a defect.
    #[must_use]
    pub fn derived_from(secret: &[u8]) -> Option<Self> {
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(secret);
        let key = extracted.expand(&[KEY_PURPOSE], hmac::HMAC_SHA256).ok()?;
        Some(Self(key.into()))
    }

    /// The token in the mail that an event asked for: the same however often the mail is made.
    #[must_use]
    pub fn token(&self, purpose: Purpose, event: EventId) -> MailToken {
        let mut context = hmac::Context::with_key(&self.0);
        // The id is of a fixed length, so no two pairs are the same text.
        context.update(event.uuid().as_bytes());
        context.update(purpose.as_str().as_bytes());
        let mut token = [0; BYTES];
        token.copy_from_slice(context.sign().as_ref());
        MailToken(token)
    }
}

impl fmt::Debug for MailTokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailTokenKey(***)")
    }
}

/// A token as its owner presents it. It never prints itself.
#[derive(Clone, PartialEq, Eq)]
pub struct MailToken([u8; BYTES]);

impl MailToken {
    /// Reads a token that someone presents.
    ///
    /// # Errors
    /// [`InvalidMailToken`] for a text that is none of ours.
    pub fn parse(text: &str) -> Result<Self, InvalidMailToken> {
        let mut token = [0; BYTES];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut token) {
            Ok(BYTES) => Ok(Self(token)),
            _ => Err(InvalidMailToken::new()),
        }
    }

    /// The token, for the mail: letters, digits, `-` and `_`.
    #[must_use]
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Until when the token of a mail that is handed over now is good.
    #[must_use]
    pub fn good_until(now: OffsetDateTime) -> OffsetDateTime {
        now.saturating_add(LIFETIME)
    }

    /// What is stored of the token: its SHA-256. There is nothing to guess in 256 bits.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, &self.0).as_ref().to_vec()
    }
}

impl fmt::Debug for MailToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailToken(***)")
    }
}

/// What is known of a token that was sent and is still good.
// No `Debug`: it holds an address.
#[derive(Clone, PartialEq, Eq)]
pub struct KnownMailToken {
    /// Who was sent it.
    pub user_id: UserId,
    /// Where to.
    pub address: String,
}

/// A text that is no token, or a token that is good no longer or for something else: which, is not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the token is not good, or no longer")]
pub struct InvalidMailToken([FieldError; 1]);

impl InvalidMailToken {
    /// The fault, for tokens that were read and are not good.
    #[must_use]
    pub fn new() -> Self {
        let message = "is unknown, used, expired or for something else";
        Self([FieldError::new("token", "invalid_token", message)])
    }
}

impl Default for InvalidMailToken {
    fn default() -> Self {
        Self::new()
    }
}

impl Fault for InvalidMailToken {
    fn code(&self) -> Code {
        Code::Invalid
    }

    fn reason(&self) -> &'static str {
        "invalid_token"
    }

    fn fields(&self) -> &[FieldError] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: u8) -> MailTokenKey {
        MailTokenKey::derived_from(&[secret; 32]).unwrap()
    }

    #[test]
    fn a_mail_that_is_made_again_has_the_same_token_and_no_other_has() {
        let (event, other) = (EventId::new(), EventId::new());
        let token = key(1).token(Purpose::ResetPassword, event);
        assert!(token == key(1).token(Purpose::ResetPassword, event));
        for different in [
            key(1).token(Purpose::VerifyEmail, event),
            key(1).token(Purpose::ResetPassword, other),
            key(2).token(Purpose::ResetPassword, event),
        ] {
            assert!(token != different && token.hash() != different.hash());
        }
    }

    #[test]
    fn a_token_survives_the_way_to_its_owner_and_back() {
        let token = key(1).token(Purpose::VerifyEmail, EventId::new());
        let revealed = token.reveal();
        assert_eq!(revealed.len(), 43);
        let in_a_link = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        assert!(revealed.bytes().all(in_a_link), "{revealed}");
        assert!(MailToken::parse(&revealed) == Ok(token.clone()));
        assert_eq!(
            format!("{token:?} {:?}", key(1)),
            "MailToken(***) MailTokenKey(***)"
        );
    }

    #[test]
    fn what_no_token_looks_like_is_refused() {
        let token = key(1).token(Purpose::VerifyEmail, EventId::new()).reveal();
        for text in [
            "",
            " ",
            "\0",
            &token[1..],
            &token[..42],
            &format!("{token}A"),
            &format!("{token}="),
            &format!(" {token}"),
            &format!("{token}\n"),
            &"A".repeat(100_000),
            &"ü".repeat(43),
            // Bits behind the last byte.
            &format!("{}B", "A".repeat(42)),
        ] {
            assert!(
                MailToken::parse(text) == Err(InvalidMailToken::new()),
                "{text:?}"
            );
        }
    }
}
