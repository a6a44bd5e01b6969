//! Access tokens for whoever the test wants to be.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use nova_ids::{SessionId, UserId};
use nova_service::tokens::{AUDIENCE, Claims, TokenKeys};
use uuid::Uuid;

const KID: &str = "test";
/// What `NOVA_TOKEN_ISSUER` is by default.
const ISSUER: &str = "nova";
const LIFE_SECONDS: u64 = 3_600;

/// Signs access tokens as identity does.
pub(crate) struct Signer {
    seed: [u8; 32],
    public: [u8; 32],
    key: EncodingKey,
}

impl Signer {
    pub(crate) fn new() -> Self {
        let mut seed = [0; 32];
        aws_lc_rs::rand::fill(&mut seed).expect("random bytes");
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("a key pair");
        let public = pair.public_key().as_ref().try_into().expect("32 bytes");
        let pkcs8 = pair.to_pkcs8().expect("a document");
        Self {
            seed,
            public,
            key: EncodingKey::from_ed_der(pkcs8.as_ref()),
        }
    }

    /// The text of `NOVA_TOKEN_SIGNING_KEY`.
    pub(crate) fn private_setting(&self) -> String {
        format!("{KID}:{}", URL_SAFE_NO_PAD.encode(self.seed))
    }

    /// The text of `NOVA_TOKEN_KEYS`.
    pub(crate) fn public_setting(&self) -> String {
        TokenKeys::new(vec![(KID.to_owned(), self.public)]).to_string()
    }

    /// A token of a new session that is good for an hour.
    pub(crate) fn token(&self, user: UserId) -> String {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        self.sign(&Claims {
            sub: user,
            sid: SessionId::new(),
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now,
            exp: now + LIFE_SECONDS,
            jti: Uuid::now_v7(),
        })
    }

    pub(crate) fn sign(&self, claims: &Claims) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(KID.to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).expect("a token")
    }
}
