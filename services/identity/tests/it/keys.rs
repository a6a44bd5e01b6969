use nova_testkit::Stack;
use serde_json::json;

use crate::{Person, register, start};

/// Seeds and public keys of RFC 8032, section 7.1, tests 1 and 2.
const OLD_SEED: &str = "old:nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const OLD_KEY: &str = "old:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const NEW_SEED: &str = "new:TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs";
const NEW_KEY: &str = "new:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw";

#[tokio::test]
async fn keys_change_without_a_token_that_stops_working() {
    let both = format!("{OLD_KEY},{NEW_KEY}");
    // First: every replica knows both, and still signs with the old.
    let stack = Stack::new()
        .await
        .with("NOVA_TOKEN_KEYS", &both)
        .with("NOVA_TOKEN_SIGNING_KEY", OLD_SEED);
    let before = start(&stack).await;
    let ada = register(&before, "ada").await;
    // Second: one after the other signs with the new.
    let stack = stack.with("NOVA_TOKEN_SIGNING_KEY", NEW_SEED);
    let after = start(&stack).await;
    let refresh = json!({ "refresh_token": ada.refresh_token });
    let renewed = Person::of(
        &after
            .post("/v1/auth/refresh")
            .json(refresh)
            .await
            .expect(200),
    );
    for token in [&ada.access_token, &renewed.access_token] {
        for app in [&before, &after] {
            app.get("/v1/users/me").bearer(token).await.expect(200);
        }
    }
    // Third: the old key is taken out.
    let stack = stack.with("NOVA_TOKEN_KEYS", NEW_KEY);
    let at_last = start(&stack).await;
    let me = at_last.get("/v1/users/me");
    let refused = me.bearer(&ada.access_token).await;
    refused.problem(401, "invalid_token");
    assert_eq!(
        refused.header("www-authenticate"),
        Some("Bearer error=\"invalid_token\"")
    );
    at_last
        .get("/v1/users/me")
        .bearer(&renewed.access_token)
        .await
        .expect(200);

    let kids = |jwks: serde_json::Value| -> Vec<String> {
        let keys = jwks["keys"].as_array().expect("keys");
        keys.iter()
            .map(|key| key["kid"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(
        kids(after.get("/.well-known/jwks.json").await.expect(200)),
        ["old", "new"]
    );
    assert_eq!(
        kids(at_last.get("/.well-known/jwks.json").await.expect(200)),
        ["new"]
    );
    stack.finish().await;
}

#[tokio::test]
async fn the_public_keys_are_served_as_a_jwk_set() {
    let stack = Stack::new()
        .await
        .with("NOVA_TOKEN_KEYS", OLD_KEY)
        .with("NOVA_TOKEN_SIGNING_KEY", OLD_SEED);
    let app = start(&stack).await;
    let answer = app.get("/.well-known/jwks.json").await;
    let expected = json!({ "keys": [{
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
        "kid": "old", "x": OLD_KEY.trim_start_matches("old:"),
    }] });
    assert_eq!(answer.expect(200), expected);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    stack.finish().await;
}

#[tokio::test]
async fn a_signing_key_that_nobody_accepts_stops_the_start() {
    let stack = Stack::new().await.with("NOVA_TOKEN_KEYS", NEW_KEY);
    let error = nova_identity::service(&mut stack.env())
        .await
        .err()
        .expect("it does not start");
    assert!(
        error.to_string().starts_with("NOVA_TOKEN_SIGNING_KEY: "),
        "{error}"
    );
    stack.finish().await;
}
