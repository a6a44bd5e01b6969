//! Access tokens: a bad one is 401 everywhere, on protected, public and unknown routes alike.

mod forged;

use nova_testkit::{Answer, eventually};
use nova_tests::checks::{has_members, is_callers_fault, is_problem, is_refused, text};
use nova_tests::keys::{Key, base64url, claims, claims_but, unix_seconds};
use nova_tests::{Nova, User};
use serde_json::{Value, json};

use forged::bad_credentials;

/// Each kind of route, with a method that it takes.
fn routes(user: &User, post: &str) -> Vec<(&'static str, String)> {
    vec![
        ("GET", "/v1/users/me".to_owned()),
        ("GET", "/v1/users/me/export".to_owned()),
        ("PUT", "/v1/users/me/password".to_owned()),
        ("GET", "/v1/users/me/sessions".to_owned()),
        (
            "DELETE",
            format!("/v1/users/me/sessions/{}", user.session_id()),
        ),
        ("GET", "/v1/users/me/blocks".to_owned()),
        ("PUT", format!("/v1/users/me/follow-requests/{}", user.id)),
        ("DELETE", format!("/v1/users/me/followers/{}", user.id)),
        ("PUT", format!("/v1/users/{}/block", user.id)),
        ("GET", "/v1/feed".to_owned()),
        ("POST", "/v1/posts".to_owned()),
        ("DELETE", format!("/v1/posts/{post}")),
        ("PUT", format!("/v1/users/{}/follow", user.id)),
        ("GET", format!("/v1/posts/{post}")),
        ("GET", format!("/v1/users/{}", user.id)),
        ("GET", format!("/v1/users/{}/posts", user.id)),
        ("GET", format!("/v1/users/{}/followers", user.id)),
        ("POST", "/v1/auth/login".to_owned()),
        ("GET", "/.well-known/jwks.json".to_owned()),
        ("GET", "/openapi.json".to_owned()),
        ("GET", "/health/live".to_owned()),
        ("GET", "/v1/there/is/no/such/route".to_owned()),
        ("DELETE", "/v1/feed".to_owned()),
    ]
}

#[track_caller]
fn is_invalid_token(answer: &Answer) {
    is_refused(answer, 401, "invalid_token");
    let challenge = answer.header("www-authenticate").expect("a challenge");
    assert!(
        challenge.starts_with("Bearer") && challenge.contains("invalid_token"),
        "{challenge}"
    );
}

#[tokio::test]
async fn a_bad_token_is_401_on_every_route() {
    let nova = Nova::shared().await;
    let user = nova.user("token").await;
    let post = user.say("here").await;
    for (what, credential) in bad_credentials(nova.key(), &user.id) {
        for (method, path) in routes(&user, &post) {
            let answer = nova
                .request(method, &path)
                .header("authorization", &credential)
                .await;
            assert_eq!(
                answer.status,
                401,
                "{method} {path} with {what}: {}",
                answer.text()
            );
            is_invalid_token(&answer);
        }
    }
}

#[tokio::test]
async fn a_credential_that_is_no_text_is_401() {
    let nova = Nova::shared().await;
    for path in ["/v1/feed", "/health/live", "/nowhere"] {
        let answer = nova
            .get(path)
            .header("authorization", b"Bearer \xff\xfe")
            .await;
        is_invalid_token(&answer);
    }
}

#[tokio::test]
async fn a_token_changed_anywhere_is_401() {
    let nova = Nova::shared().await;
    let user = nova.user("changed").await;
    let token = &user.access_token;
    for at in 0..token.len() {
        let other = if &token[at..=at] == "A" { "B" } else { "A" };
        let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
        let answer = nova.get("/v1/users/me").bearer(&changed).await;
        assert_eq!(
            answer.status,
            401,
            "character {at} of {token}: {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn a_bad_token_is_told_before_a_bad_body() {
    let nova = Nova::shared().await;
    let answer = nova
        .post("/v1/posts")
        .bearer("nonsense")
        .header("content-type", "application/json")
        .body("{");
    is_invalid_token(&answer.await);
}

#[tokio::test]
async fn the_scheme_is_written_in_any_case() {
    let nova = Nova::shared().await;
    let user = nova.user("case").await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let credential = format!("{scheme} {}", user.access_token);
        nova.get("/v1/users/me")
            .header("authorization", credential)
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn two_credentials_are_not_one() {
    let nova = Nova::shared().await;
    let user = nova.user("two").await;
    for second in ["Bearer nonsense".to_owned(), "Basic x".to_owned()] {
        let answer = user
            .get("/v1/users/me")
            .header("authorization", second)
            .await;
        is_callers_fault(&answer);
    }
}

#[tokio::test]
async fn a_token_of_the_right_key_is_believed_wherever_it_was_made() {
    let nova = Nova::shared().await;
    let user = nova.user("offline").await;
    let token = nova.key().sign(&claims(&user.id));
    let me = nova.get("/v1/users/me").bearer(&token).await.expect(200);
    assert_eq!(me["id"], user.id);
    nova.get("/v1/feed").bearer(&token).await.expect(200);
    nova.post("/v1/posts")
        .bearer(&token)
        .json(json!({ "content": "x" }))
        .await
        .expect(201);
}

#[tokio::test]
async fn the_token_of_someone_who_is_not_there_is_no_accident() {
    let nova = Nova::shared().await;
    let token = nova
        .key()
        .sign(&claims("0192a000-0000-7000-8000-000000000000"));
    for (method, path) in [("GET", "/v1/users/me"), ("PATCH", "/v1/users/me")] {
        let answer = nova
            .request(method, path)
            .bearer(&token)
            .json(json!({ "display_name": "x" }))
            .await;
        is_callers_fault(&answer);
    }
    let star = nova.user("star").await;
    is_callers_fault(
        &nova
            .put(&format!("/v1/users/{}/follow", star.id))
            .bearer(&token)
            .await,
    );
    assert!(nova.get("/v1/feed").bearer(&token).await.status < 500);
}

#[tokio::test]
async fn odd_numbers_in_claims_are_no_accident() {
    let nova = Nova::shared().await;
    let user = nova.user("numbers").await;
    for (name, value) in [
        ("exp", json!(u64::MAX)),
        ("exp", json!(1e300)),
        ("exp", json!(unix_seconds() as f64 + 60.5)),
        ("iat", json!(u64::MAX)),
        ("iat", json!("yesterday")),
        ("jti", json!("no id")),
        ("sid", json!("no id")),
        ("aud", json!([])),
        ("aud", json!(["nova", "other"])),
        ("sub", json!(["a"])),
    ] {
        let token = nova.key().sign(&claims_but(&user.id, name, value.clone()));
        let answer = nova.get("/v1/users/me").bearer(&token).await;
        assert!(
            [200, 401].contains(&answer.status),
            "{name} {value}: {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn the_claims_of_a_token_are_those_of_the_contract() {
    let nova = Nova::shared().await;
    let user = nova.user("claims").await;
    let parts: Vec<&str> = user.access_token.split('.').collect();
    let (header, claims) = (decoded(parts[0]), decoded(parts[1]));
    assert_eq!(
        (&header["alg"], &header["kid"]),
        (&json!("EdDSA"), &json!(nova.key().kid()))
    );
    assert_eq!(claims["sub"], user.id);
    assert_eq!(claims["iss"], "nova");
    let (issued, expires) = (
        claims["iat"].as_u64().expect("iat"),
        claims["exp"].as_u64().expect("exp"),
    );
    assert_eq!(expires - issued, 900);
    assert!(!claims.to_string().contains(&user.email), "{claims}");
}

fn decoded(part: &str) -> Value {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let json = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&json).expect("JSON")
}

#[tokio::test]
async fn an_access_token_lives_as_long_as_it_says() {
    let nova = Nova::start_with(&[("NOVA_ACCESS_TOKEN_TTL", "1s")]).await;
    let user = nova.user("mayfly").await;
    let post = nova
        .post("/v1/auth/refresh")
        .json(json!({ "refresh_token": user.refresh_token }))
        .await;
    let session = post.expect(200);
    assert_eq!(session["expires_in"], 1);
    let token = text(&session["access_token"]).to_owned();
    let answer = eventually("the token has expired", async || {
        let answer = nova.get("/v1/users/me").bearer(&token).await;
        if answer.status == 401 {
            Ok(answer)
        } else {
            Err(answer.status)
        }
    })
    .await;
    is_invalid_token(&answer);
    for path in [
        "/v1/feed",
        "/health/live",
        "/nowhere",
        &format!("/v1/users/{}", user.id),
    ] {
        is_invalid_token(&nova.get(path).bearer(&token).await);
    }
    // The session lives on.
    let next = session["refresh_token"].clone();
    let session = nova
        .post("/v1/auth/refresh")
        .json(json!({ "refresh_token": next }))
        .await
        .expect(200);
    nova.get(&format!("/v1/users/{}", user.id))
        .bearer(text(&session["access_token"]))
        .await
        .expect(200);
    nova.finish().await;
}

#[tokio::test]
async fn a_session_without_a_refresh_lives_as_long_as_the_setting_says() {
    let settings = [
        ("NOVA_ACCESS_TOKEN_TTL", "1s"),
        ("NOVA_REFRESH_TOKEN_TTL", "1s"),
    ];
    let nova = Nova::start_with(&settings).await;
    let user = nova.user("mayfly").await;
    // Asking whether the refresh token is still good would use it up; the access token tells the time.
    eventually("a second has passed", async || {
        user.get("/v1/users/me").await.status == 401
    })
    .await;
    let request = nova.post("/v1/auth/refresh");
    let answer = request.json(json!({ "refresh_token": user.refresh_token }));
    is_problem(&answer.await, 401);
    nova.finish().await;
}

#[tokio::test]
async fn two_keys_are_good_at_once_and_one_taken_out_is_good_no_more() {
    let (old, new, gone) = (Key::new("old"), Key::new("new"), Key::new("gone"));
    let both = format!("{},{}", old.public_setting(), new.public_setting());
    let settings = [
        ("NOVA_TOKEN_SIGNING_KEY", new.private_setting()),
        ("NOVA_TOKEN_KEYS", both),
    ];
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let nova = Nova::start_with(&settings).await;
    let user = nova.user("rotated").await;
    assert_eq!(
        decoded(user.access_token.split('.').next().expect("a header"))["kid"],
        "new"
    );
    user.get("/v1/users/me").await.expect(200);
    for key in [&old, &new] {
        for path in ["/v1/users/me", "/v1/feed"] {
            nova.get(path)
                .bearer(key.sign(&claims(&user.id)))
                .await
                .expect(200);
        }
    }
    // One key's name does not lend itself to the other.
    is_invalid_token(
        &nova
            .get("/v1/feed")
            .bearer(old.sign_with_header(&new.header(), &claims(&user.id)))
            .await,
    );
    is_invalid_token(
        &nova
            .get("/v1/feed")
            .bearer(gone.sign(&claims(&user.id)))
            .await,
    );

    let set = nova.get("/.well-known/jwks.json").await.expect(200);
    let mut shown = Vec::new();
    for jwk in set["keys"].as_array().expect("keys") {
        assert_eq!(
            (&jwk["kty"], &jwk["crv"]),
            (&json!("OKP"), &json!("Ed25519")),
            "{jwk}"
        );
        assert!(jwk.get("d").is_none(), "a private key is shown");
        shown.push((text(&jwk["kid"]).to_owned(), text(&jwk["x"]).to_owned()));
    }
    shown.sort();
    assert_eq!(
        shown,
        [
            ("new".to_owned(), base64url(new.public())),
            ("old".to_owned(), base64url(old.public()))
        ]
    );
    nova.finish().await;
}

#[tokio::test]
async fn the_set_of_keys_shows_public_halves_alone() {
    let nova = Nova::shared().await;
    let set = nova.get("/.well-known/jwks.json").await.expect(200);
    has_members(&set, &["keys"]);
    assert_eq!(set["keys"].as_array().map(Vec::len), Some(1));
    assert_eq!(set["keys"][0]["x"], base64url(nova.key().public()));
    assert!(set["keys"][0].get("d").is_none());
    is_problem(&nova.post("/.well-known/jwks.json").await, 405);
}
