//! Access tokens: JWTs that every service checks with public keys and asks nobody about.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use nova_ids::{SessionId, UserId};
use nova_service::tokens::{AUDIENCE, Claims};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::MailTokenKey;

/// The private half of one of the keys that tokens are verified with. It never prints itself.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    public: [u8; 32],
    private: EncodingKey,
    mail_tokens: MailTokenKey,
}

impl SigningKey {
    /// Reads `kid:base64url(32-byte Ed25519 seed)`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kid, seed) = text.split_once(':')?;
        if kid.is_empty() {
            return None;
        }
        let seed = URL_SAFE_NO_PAD.decode(seed).ok()?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
        let private = EncodingKey::from_ed_der(pair.to_pkcs8v1().ok()?.as_ref());
        let public = pair.public_key().as_ref().try_into().ok()?;
        Some(Self {
            kid: kid.to_owned(),
            public,
            private,
            mail_tokens: MailTokenKey::derived_from(&seed)?,
        })
    }

    /// The key's id: the `kid` of every token it signs.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The key of the tokens in mails, which is derived from this one.
    #[must_use]
    pub const fn mail_tokens(&self) -> &MailTokenKey {
        &self.mail_tokens
    }

    /// The other half.
    #[must_use]
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, ***)", self.kid)
    }
}

/// Makes access tokens.
#[derive(Debug, Clone)]
pub struct AccessTokens {
    key: SigningKey,
    issuer: String,
    lifetime: Duration,
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("could not sign an access token")]
pub struct SigningError(#[source] jsonwebtoken::errors::Error);

impl AccessTokens {
    /// Tokens of that issuer, good for `lifetime`, signed with that key.
    #[must_use]
    pub const fn new(key: SigningKey, issuer: String, lifetime: Duration) -> Self {
        Self {
            key,
            issuer,
            lifetime,
        }
    }

    /// How long a token is good for.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// A token for the bearer of that session.
    ///
    /// # Errors
    /// When the key does not sign, which is a defect.
    pub fn issue(
        &self,
        user: UserId,
        session: SessionId,
        now: OffsetDateTime,
    ) -> Result<String, SigningError> {
        let claims = Claims {
            sub: user,
            sid: session,
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            iat: unix_seconds(now),
            exp: unix_seconds(now.saturating_add(self.lifetime)),
            jti: Uuid::now_v7(),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.key.kid.clone());
        jsonwebtoken::encode(&header, &claims, &self.key.private).map_err(SigningError)
    }
}

fn unix_seconds(at: OffsetDateTime) -> u64 {
    u64::try_from(at.unix_timestamp()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use nova_service::tokens::{TokenKeys, Verifier};

    use super::*;

    fn key(kid: &str, byte: u8) -> SigningKey {
        SigningKey::parse(&format!("{kid}:{}", URL_SAFE_NO_PAD.encode([byte; 32]))).unwrap()
    }

    fn public_half(key: &SigningKey) -> (String, [u8; 32]) {
        (key.kid().to_owned(), *key.public())
    }

    fn tokens(key: SigningKey) -> AccessTokens {
        AccessTokens::new(key, "nova".to_owned(), Duration::minutes(15))
    }

    #[test]
    fn a_token_names_its_user_and_session_to_whoever_has_the_public_key() {
        let key = key("a", 1);
        let verifier = Verifier::new("nova", &TokenKeys::new(vec![public_half(&key)]));
        let (user, session) = (UserId::new(), SessionId::new());
        let token = tokens(key)
            .issue(user, session, OffsetDateTime::now_utc())
            .unwrap();
        let caller = verifier.verify(&token).unwrap();
        assert_eq!((caller.user_id, caller.session_id), (user, session));
    }

    #[test]
    fn while_keys_are_changed_tokens_of_both_are_good() {
        let (old, new) = (key("old", 1), key("new", 2));
        let both = TokenKeys::new(vec![public_half(&old), public_half(&new)]);
        let (during, after) = (
            Verifier::new("nova", &both),
            Verifier::new("nova", &TokenKeys::new(vec![public_half(&new)])),
        );
        let issue = |key| {
            tokens(key)
                .issue(UserId::new(), SessionId::new(), OffsetDateTime::now_utc())
                .unwrap()
        };
        let (of_old, of_new) = (issue(old), issue(new));
        assert!(during.verify(&of_old).is_ok() && during.verify(&of_new).is_ok());
        assert!(after.verify(&of_old).is_err() && after.verify(&of_new).is_ok());
    }

    #[test]
    fn a_token_ends() {
        let key = key("a", 1);
        let verifier = Verifier::new("nova", &TokenKeys::new(vec![public_half(&key)]));
        let long_ago = OffsetDateTime::now_utc() - Duration::minutes(16);
        let token = tokens(key)
            .issue(UserId::new(), SessionId::new(), long_ago)
            .unwrap();
        assert!(verifier.verify(&token).is_err());
    }

    #[test]
    fn keys_are_an_id_and_a_seed() {
        for text in [
            "",
            "a",
            "a:",
            "a:AAAA",
            ":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(SigningKey::parse(text).is_none(), "{text}");
        }
        assert_eq!(format!("{:?}", key("a", 1)), "SigningKey(a, ***)");
    }
}
