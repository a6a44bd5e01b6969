use nova_testkit::{Answer, App, Stack};
use serde_json::json;

use crate::{PASSWORD, register, start};

async fn login(app: &App, username: &str, password: &str) -> Answer {
    app.post("/v1/auth/login")
        .json(json!({ "username": username, "password": password }))
        .await
}

/// What the `RateLimit` headers say of that limit, as written.
fn said<'a>(answer: &'a Answer, header: &str, limit: &str) -> Option<&'a str> {
    let lines = answer
        .headers
        .get_all(header)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .into_iter()
        .find(|line| line.starts_with(&format!("\"{limit}\"")))
}

#[tokio::test]
async fn sign_ins_to_one_account_are_limited_whether_it_exists_or_not() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let app = start(&stack).await;
    register(&app, "ada").await;
    for name in ["ada", "nobody"] {
        let first = login(&app, name, "wrong").await;
        first.problem(401, "invalid_credentials");
        assert_eq!(
            said(&first, "ratelimit-policy", "sign-ins"),
            Some("\"sign-ins\";q=10;w=60")
        );
        assert_eq!(
            said(&first, "ratelimit", "sign-ins"),
            Some("\"sign-ins\";r=9;t=6")
        );
        // In whatever case it is written, it is the same account. One more is allowed every six seconds,
        // so on a slow machine it takes more than ten.
        let mut allowed = 1;
        while login(&app, &name.to_uppercase(), "wrong").await.status == 401 {
            allowed += 1;
        }
        assert!((10..40).contains(&allowed), "{allowed}");
        // Now the right password does not help either.
        let refused = login(&app, name, PASSWORD).await;
        refused.problem(429, "too_many_requests");
        let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=6).contains(&wait), "{wait}");
        assert!(
            said(&refused, "ratelimit", "sign-ins")
                .unwrap()
                .starts_with("\"sign-ins\";r=0;")
        );
    }
    register(&app, "ben").await;
    login(&app, "ben", PASSWORD).await.expect(200);
    stack.finish().await;
}

#[tokio::test]
async fn sign_ins_and_registrations_from_one_address_are_limited() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let app = start(&stack).await;
    let malformed = |path| {
        app.post(path)
            .header("content-type", "application/json")
            .body("{")
    };
    for (path, limit, policy) in [
        (
            "/v1/auth/login",
            "sign-ins-per-address",
            "\"sign-ins-per-address\";q=60;w=60",
        ),
        (
            "/v1/auth/register",
            "registrations-per-address",
            "\"registrations-per-address\";q=60;w=60",
        ),
    ] {
        let first = malformed(path).await;
        first.problem(400, "malformed_json");
        assert_eq!(said(&first, "ratelimit-policy", limit), Some(policy));
        let mut answer = first;
        for _ in 0..200 {
            answer = malformed(path).await;
            if answer.status == 429 {
                break;
            }
        }
        answer.problem(429, "too_many_requests");
        assert!(answer.header("retry-after").is_some());
        assert!(
            said(&answer, "ratelimit", limit).is_some(),
            "{:?}",
            answer.headers
        );
    }
    stack.finish().await;
}

#[tokio::test]
async fn writes_say_what_is_left() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let answer = app
        .patch("/v1/users/me")
        .bearer(&ada.access_token)
        .json(json!({}))
        .await;
    answer.expect(200);
    assert_eq!(
        said(&answer, "ratelimit-policy", "writes"),
        Some("\"writes\";q=300;w=60")
    );
    assert_eq!(
        said(&answer, "ratelimit", "writes"),
        Some("\"writes\";r=299;t=1")
    );
    let read = app.get("/v1/users/me").bearer(&ada.access_token).await;
    read.expect(200);
    assert_eq!(read.header("ratelimit"), None);
    stack.finish().await;
}

#[tokio::test]
async fn limits_can_be_off() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "off");
    let app = start(&stack).await;
    for _ in 0..12 {
        let answer = login(&app, "nobody", "wrong").await;
        answer.problem(401, "invalid_credentials");
        assert_eq!(answer.header("ratelimit"), None);
    }
    stack.finish().await;
}
