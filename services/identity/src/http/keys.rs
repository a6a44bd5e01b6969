//! The public keys of access tokens.

use axum::extract::State as Shared;
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use nova_service::http::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::State;

/// A JSON Web Key Set (RFC 7517).
#[derive(Serialize, ToSchema)]
pub(super) struct Jwks {
    keys: Vec<Jwk>,
}

/// A public Ed25519 key (RFC 8037).
#[derive(Serialize, ToSchema)]
struct Jwk {
    /// Always `OKP`.
    kty: &'static str,
    /// Always `Ed25519`.
    crv: &'static str,
    /// Always `EdDSA`.
    alg: &'static str,
    /// Always `sig`.
    #[serde(rename = "use")]
    usage: &'static str,
    /// The key's id, in the header of every token it signed.
    kid: String,
    /// The key, 32 bytes in URL-safe base64.
    x: String,
}

/// The public keys that access tokens can be verified with.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "auth",
    responses((status = 200, description = "A JSON Web Key Set", body = Jwks)),
)]
pub(super) async fn list_keys(Shared(state): Shared<State>) -> impl IntoResponse {
    let keys = state.token_keys.iter().map(|(kid, key)| Jwk {
        kty: "OKP",
        crv: "Ed25519",
        alg: "EdDSA",
        usage: "sig",
        kid: kid.to_owned(),
        x: URL_SAFE_NO_PAD.encode(key),
    });
    // A new key is made known long before it signs: a copy may be minutes old.
    let fresh = [(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    )];
    (
        fresh,
        Json(Jwks {
            keys: keys.collect(),
        }),
    )
}
