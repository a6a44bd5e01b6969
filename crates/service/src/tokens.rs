//! Access tokens, verified without asking anyone.
//!
//! A token is a JWT signed with Ed25519 (RFC 8037). Its keys come from the configuration, so that a
//! service needs no call to identity, and two keys can be valid while they are being changed.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use nova_ids::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::config::{ConfigError, Env};

mod caller;
mod keys;
mod verified;

pub use caller::{Anonymous, Caller, InvalidToken};
pub use keys::TokenKeys;
use verified::Verified;

/// The audience every access token of Nova is made for.
pub const AUDIENCE: &str = "nova";

/// Longer tokens are refused unread; identity's are below 500 bytes.
const LONGEST_TOKEN: usize = 4_096;

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: UserId,
    /// The session the token was given to.
    pub sid: SessionId,
    /// Who signed it: `NOVA_TOKEN_ISSUER`.
    pub iss: String,
    /// [`AUDIENCE`].
    pub aud: String,
    /// When it was signed, in seconds since the Unix epoch.
    pub iat: u64,
    /// When it ends, in seconds since the Unix epoch.
    pub exp: u64,
    /// Unlike every other token's.
    pub jti: Uuid,
}

/// Checks access tokens, and remembers those that were good so that a repeated one costs a hash
/// instead of a signature.
#[derive(Debug)]
pub struct Verifier {
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
    verified: Verified,
}

impl Verifier {
    /// Reads `NOVA_TOKEN_KEYS` and `NOVA_TOKEN_ISSUER`.
    ///
    /// # Errors
    /// When a setting is missing or wrong.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let keys = TokenKeys::read(env)?;
        Ok(Self::new(&read_issuer(env)?, &keys))
    }

    /// Accepts tokens of this issuer signed with one of these keys.
    #[must_use]
    pub fn new(issuer: &str, keys: &TokenKeys) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[issuer]);
        validation.validate_nbf = true;
        validation.leeway = 0;
        let keys = keys
            .iter()
            .map(|(kid, key)| (kid.to_owned(), DecodingKey::from_ed_der(key)));
        Self {
            keys: keys.collect(),
            validation,
            verified: Verified::default(),
        }
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// [`InvalidToken`] when it is malformed, forged, expired, or made for someone else.
    pub fn verify(&self, token: &str) -> Result<Caller, InvalidToken> {
        self.verify_until(token).map(|(caller, _)| caller)
    }

    /// Whose token it is, and when it ends, in seconds since the Unix epoch: for what goes on beyond one request.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_until(&self, token: &str) -> Result<(Caller, u64), InvalidToken> {
        let now = unix_seconds();
        let digest = verified::digest(token);
        if let Some(found) = self.verified.find(&digest, now) {
            return Ok(found);
        }
        let claims = self.check(token)?;
        let caller = Caller {
            user_id: claims.sub,
            session_id: claims.sid,
        };
        self.verified.remember(digest, caller, claims.exp, now);
        Ok((caller, claims.exp))
    }

    /// Whose token an `Authorization` header brings. The scheme's name may be in any case (RFC 9110).
    ///
    /// # Errors
    /// [`InvalidToken`] when it is anything but a bearer token that [`Self::verify`] accepts.
    pub fn verify_header(&self, header: &http::HeaderValue) -> Result<Caller, InvalidToken> {
        self.verify(token_of(header).ok_or(InvalidToken)?)
    }

    fn check(&self, token: &str) -> Result<Claims, InvalidToken> {
        if token.len() > LONGEST_TOKEN {
            return Err(InvalidToken);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken)?;
        let kid = header.kid.ok_or(InvalidToken)?;
        let key = self.keys.get(&kid).ok_or(InvalidToken)?;
        let checked = jsonwebtoken::decode::<Claims>(token, key, &self.validation);
        checked.map(|data| data.claims).map_err(|_| InvalidToken)
    }
}

/// The token that the `Authorization` header brings, if it brings one; whether it is good, [`Verifier`] says.
#[must_use]
pub fn bearer(headers: &http::HeaderMap) -> Option<&str> {
    token_of(headers.get(http::header::AUTHORIZATION)?)
}

fn token_of(header: &http::HeaderValue) -> Option<&str> {
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_matches(' '))
}

/// Reads `NOVA_TOKEN_ISSUER`: who signs access tokens.
///
/// # Errors
/// Never today; like every reading of a setting it may.
pub fn read_issuer(env: &mut Env) -> Result<String, ConfigError> {
    env.read("NOVA_TOKEN_ISSUER", "nova", "issuer named in access tokens")
}

fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::{Value, json};

    use super::*;

    struct Signer {
        key: EncodingKey,
        public: [u8; 32],
    }

    fn signer() -> Signer {
        let pair = Ed25519KeyPair::generate().unwrap();
        let pkcs8 = pair.to_pkcs8().unwrap();
        Signer {
            key: EncodingKey::from_ed_der(pkcs8.as_ref()),
            public: pair.public_key().as_ref().try_into().unwrap(),
        }
    }

    fn claims() -> Value {
        json!({
            "sub": UserId::new(), "sid": SessionId::new(), "iss": "nova", "aud": "nova",
            "iat": unix_seconds(), "exp": unix_seconds() + 60, "jti": Uuid::now_v7(),
        })
    }

    fn sign(signer: &Signer, kid: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = kid.map(str::to_owned);
        jsonwebtoken::encode(&header, claims, &signer.key).unwrap()
    }

    fn verifier(signer: &Signer) -> Verifier {
        Verifier::new(
            "nova",
            &TokenKeys::new(vec![("a".to_owned(), signer.public)]),
        )
    }

    #[test]
    fn a_good_token_names_its_caller_the_first_and_the_second_time() {
        let signer = signer();
        let claims = claims();
        let token = sign(&signer, Some("a"), &claims);
        let verifier = verifier(&signer);
        for _ in 0..2 {
            let caller = verifier.verify(&token).unwrap();
            assert_eq!(claims["sub"], caller.user_id.to_string());
            assert_eq!(claims["sid"], caller.session_id.to_string());
        }
        let header = http::HeaderValue::from_str(&format!("bEARER {token}")).unwrap();
        assert!(verifier.verify_header(&header).is_ok());
    }

    #[test]
    fn changed_claims_are_refused() {
        let signer = signer();
        let verifier = verifier(&signer);
        let changes = [
            ("exp", json!(unix_seconds() - 2)),
            ("exp", Value::Null),
            ("exp", json!("tomorrow")),
            ("aud", json!("other")),
            ("aud", Value::Null),
            ("iss", json!("other")),
            ("sub", json!("root")),
            ("sid", Value::Null),
            ("nbf", json!(unix_seconds() + 60)),
        ];
        for (name, value) in changes {
            let mut claims = claims();
            claims[name] = value.clone();
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            }
            let token = sign(&signer, Some("a"), &claims);
            assert_eq!(verifier.verify(&token), Err(InvalidToken), "{name}={value}");
        }
    }

    #[test]
    fn tokens_of_other_keys_or_algorithms_are_refused() {
        let ours = signer();
        let verifier = verifier(&ours);
        let good = sign(&ours, Some("a"), &claims());
        assert!(verifier.verify(&good).is_ok());
        assert!(
            verifier
                .verify(&sign(&signer(), Some("a"), &claims()))
                .is_err()
        );
        assert!(verifier.verify(&sign(&ours, Some("b"), &claims())).is_err());
        assert!(verifier.verify(&sign(&ours, None, &claims())).is_err());

        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("a".to_owned());
        let with_public_key_as_secret = EncodingKey::from_secret(&ours.public);
        let hs256 = jsonwebtoken::encode(&header, &claims(), &with_public_key_as_secret).unwrap();
        assert!(verifier.verify(&hs256).is_err());

        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT","kid":"a"}"#);
        let body = good.split('.').nth(1).unwrap();
        for forged in [
            format!("{none}.{body}."),
            format!("{none}.{body}"),
            String::new(),
        ] {
            assert!(verifier.verify(&forged).is_err(), "{forged}");
        }
        let (head, signature) = good.rsplit_once('.').unwrap();
        let other = if signature.starts_with('A') { "B" } else { "A" };
        let forged = format!("{head}.{other}{}", &signature[1..]);
        assert_eq!(forged.len(), good.len());
        assert!(verifier.verify(&forged).is_err());
    }

    #[test]
    fn only_bearer_is_a_scheme() {
        let signer = signer();
        let token = sign(&signer, Some("a"), &claims());
        for wrong in [
            format!("Basic {token}"),
            token,
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
        ] {
            let header = http::HeaderValue::from_str(&wrong).unwrap();
            assert!(verifier(&signer).verify_header(&header).is_err(), "{wrong}");
        }
    }
}
