//! Credentials that must not be believed.

use nova_tests::keys::{
    Key, base64url, claims, claims_but, claims_without, sign_hmac, unix_seconds, unsigned,
};
use serde_json::{Value, json};

/// What is wrong with a credential, and the credential.
type Bad = (&'static str, String);

/// Values of the `Authorization` header that must not be believed.
pub(crate) fn bad_credentials(key: &Key, user_id: &str) -> Vec<Bad> {
    let tokens = [
        bad_claims(key, user_id),
        bad_signatures(key, user_id),
        bad_headers(key, user_id),
        no_tokens(key, user_id),
    ];
    let bearer = |(what, token)| (what, format!("Bearer {token}"));
    let mut credentials: Vec<Bad> = tokens.concat().into_iter().map(bearer).collect();
    let honest = key.sign(&claims(user_id));
    credentials.extend([
        (
            "another scheme",
            format!("Basic {}", base64url("user:password")),
        ),
        ("no scheme", honest.clone()),
        ("an unknown scheme", format!("Token {honest}")),
        ("scheme alone", "Bearer".to_owned()),
        ("two tokens", format!("Bearer {honest} {honest}")),
        ("a list", format!("Bearer {honest}, Bearer {honest}")),
        ("nothing", String::new()),
    ]);
    credentials
}

/// Signed with the right key, but not for us, not for now, or not for anybody.
fn bad_claims(key: &Key, user_id: &str) -> Vec<Bad> {
    let now = unix_seconds();
    let but = |name, value| key.sign(&claims_but(user_id, name, value));
    let without = |name| key.sign(&claims_without(user_id, name));
    vec![
        ("expired an hour ago", but("exp", json!(now - 3_600))),
        ("expired five seconds ago", but("exp", json!(now - 5))),
        ("expired in 1970", but("exp", json!(0))),
        ("without an expiry", without("exp")),
        ("expiry is text", but("exp", json!("9999999999"))),
        ("expiry is negative", but("exp", json!(-1))),
        ("another issuer", but("iss", json!("someone else"))),
        ("no issuer", without("iss")),
        ("another audience", but("aud", json!("someone else"))),
        ("no audience", without("aud")),
        ("subject is no id", but("sub", json!("admin"))),
        ("no subject", without("sub")),
        ("claims are no object", key.sign(&json!(["sub"]))),
    ]
}

/// Not signed with the right key.
fn bad_signatures(key: &Key, user_id: &str) -> Vec<Bad> {
    let good = claims(user_id);
    let honest = key.sign(&good);
    let (signed, signature) = honest.rsplit_once('.').expect("three parts");
    let (head, _) = signed.split_once('.').expect("three parts");
    let others = base64url(claims("0192a000-0000-7000-8000-000000000000").to_string());
    let stranger = Key::new(key.kid());
    let public = base64url(stranger.public());
    let mut with_jwk = key.header();
    with_jwk["jwk"] = json!({ "kty": "OKP", "crv": "Ed25519", "x": public });
    let cut = &signature[..signature.len() - 4];
    vec![
        ("by a stranger", stranger.sign(&good)),
        (
            "by a stranger whose key comes along",
            stranger.sign_with_header(&with_jwk, &good),
        ),
        ("another's claims", format!("{head}.{others}.{signature}")),
        ("cut signature", format!("{signed}.{cut}")),
        ("empty signature", unsigned(&key.header(), &good)),
        ("no signature", signed.to_owned()),
        ("one part too many", format!("{honest}.{signature}")),
        (
            "HMAC that says EdDSA",
            sign_hmac(key.public(), &key.header(), &good),
        ),
    ]
}

/// Signed as the header says, but the header is not what we sign with.
fn bad_headers(key: &Key, user_id: &str) -> Vec<Bad> {
    let good = claims(user_id);
    let header = |alg: &str, kid: &str| json!({ "typ": "JWT", "alg": alg, "kid": kid });
    let signed = |header: &Value| key.sign_with_header(header, &good);
    let hmac = |secret: &[u8]| sign_hmac(secret, &header("HS256", key.kid()), &good);
    vec![
        (
            "alg none, unsigned",
            unsigned(&header("none", key.kid()), &good),
        ),
        (
            "alg None, unsigned",
            unsigned(&header("None", key.kid()), &good),
        ),
        ("alg none, signed", signed(&header("none", key.kid()))),
        ("public key as a secret", hmac(key.public())),
        (
            "public key's text as a secret",
            hmac(base64url(key.public()).as_bytes()),
        ),
        ("an empty secret", hmac(b"")),
        (
            "alg that is not the key's",
            signed(&header("RS256", key.kid())),
        ),
        ("unknown kid", signed(&header("EdDSA", "unknown"))),
        (
            "kid that is a path",
            signed(&header("EdDSA", "../../etc/passwd")),
        ),
        ("empty kid", signed(&header("EdDSA", ""))),
        ("no kid", signed(&json!({ "typ": "JWT", "alg": "EdDSA" }))),
    ]
}

/// What is no token at all.
fn no_tokens(key: &Key, user_id: &str) -> Vec<Bad> {
    vec![
        ("empty", String::new()),
        ("no token", "nonsense".to_owned()),
        ("only dots", "..".to_owned()),
        ("padded", format!("{}==", key.sign(&claims(user_id)))),
        ("long", "a".repeat(6_000)),
    ]
}
