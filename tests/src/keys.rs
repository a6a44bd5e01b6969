//! Keys that sign access tokens, also tokens that say what no honest signer would.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

/// An Ed25519 key with a name.
pub struct Key {
    kid: String,
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl Key {
    /// A new one.
    ///
    /// # Panics
    /// When the system has no random bytes.
    #[must_use]
    pub fn new(kid: &str) -> Self {
        let mut seed = [0; 32];
        aws_lc_rs::rand::fill(&mut seed).expect("random bytes");
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("a key pair");
        Self {
            kid: kid.to_owned(),
            seed,
            pair,
        }
    }

    /// The text of `NOVA_TOKEN_SIGNING_KEY`.
    #[must_use]
    pub fn private_setting(&self) -> String {
        format!("{}:{}", self.kid, base64url(self.seed))
    }

    /// One entry of `NOVA_TOKEN_KEYS`.
    #[must_use]
    pub fn public_setting(&self) -> String {
        format!("{}:{}", self.kid, base64url(self.public()))
    }

    /// The name tokens call it by.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The half that everyone may know.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// A token as identity makes them.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with_header(&self.header(), claims)
    }

    /// The header of tokens as identity makes them.
    #[must_use]
    pub fn header(&self) -> Value {
        json!({ "typ": "JWT", "alg": "EdDSA", "kid": self.kid })
    }

    /// A token with any header, signed with this key whatever the header says.
    #[must_use]
    pub fn sign_with_header(&self, header: &Value, claims: &Value) -> String {
        let signed = signing_input(header, claims);
        let signature = base64url(self.pair.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// A token that is not signed at all.
#[must_use]
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.", signing_input(header, claims))
}

/// A token signed with HMAC-SHA256 under any secret.
#[must_use]
pub fn sign_hmac(secret: &[u8], header: &Value, claims: &Value) -> String {
    let signed = signing_input(header, claims);
    let tag = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, secret),
        signed.as_bytes(),
    );
    format!("{signed}.{}", base64url(tag))
}

/// What identity would say of this user now, for an hour.
#[must_use]
pub fn claims(user_id: &str) -> Value {
    let now = unix_seconds();
    json!({
        "sub": user_id,
        "sid": Uuid::now_v7(),
        "iss": "nova",
        "aud": "nova",
        "iat": now,
        "exp": now + 3_600,
        "jti": Uuid::now_v7(),
    })
}

/// Those claims with one of them changed.
#[must_use]
pub fn claims_but(user_id: &str, name: &str, value: Value) -> Value {
    let mut claims = claims(user_id);
    claims[name] = value;
    claims
}

/// Those claims with one of them missing.
///
/// # Panics
/// Never: claims are an object.
#[must_use]
pub fn claims_without(user_id: &str, name: &str) -> Value {
    let mut claims = claims(user_id);
    claims.as_object_mut().expect("an object").remove(name);
    claims
}

/// Now.
#[must_use]
pub fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// Base64url without padding.
#[must_use]
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn signing_input(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        base64url(header.to_string()),
        base64url(claims.to_string())
    )
}
