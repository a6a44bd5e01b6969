use std::time::Duration;

use nova_resilience::Fault;
use nova_service::rate_limit::RateLimits;
use nova_testkit::{Answer, App, Proxy, Stack};
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

/// Whoever has stolen an access token.
#[tokio::test]
async fn guesses_at_the_current_password_are_limited_as_sign_ins_are() {
    let (stack, app) = start_behind_proxy().await;
    register_from(&app, "192.0.2.1", "ada").await;
    let credentials = json!({ "email": "ada@example.org", "password": PASSWORD });
    let request = app.post("/v1/auth/login").json(&credentials);
    let session = request.header("x-forwarded-for", "192.0.2.1").await;
    let token = session.expect(200)["access_token"].clone();
    let token = token.as_str().expect("a token");
    let change = async |address: &str, current: &str| {
        let body = json!({ "current_password": current, "new_password": "another password" });
        let request = app.put("/v1/users/me/password").bearer(token);
        request.header("x-forwarded-for", address).json(body).await
    };
    let thief = "198.51.100.1";
    let mut guesses = 0;
    let refused = loop {
        let answer = change(thief, "wrong").await;
        if answer.status == 429 {
            break answer;
        }
        answer.problem(403, "wrong_password");
        guesses += 1;
    };
    assert!((10..40).contains(&guesses), "{guesses}");
    refused.problem(429, "too_many_requests");
    assert!(refused.header("retry-after").is_some());
    // Neither the right one helps now, nor another name, nor the other door.
    change(thief, PASSWORD)
        .await
        .problem(429, "too_many_requests");
    let rename = app.patch("/v1/users/me").bearer(token);
    rename
        .json(json!({ "username": "renamed" }))
        .await
        .expect(200);
    change(thief, PASSWORD)
        .await
        .problem(429, "too_many_requests");
    let login = app.post("/v1/auth/login").json(&credentials);
    login
        .header("x-forwarded-for", thief)
        .await
        .problem(429, "too_many_requests");
    // Another account is another matter, and the owner is where they always are.
    register_from(&app, thief, "ben").await;
    login_from(&app, thief, "ben", PASSWORD).await.expect(200);
    change("192.0.2.1", PASSWORD).await.expect(204);
    stack.finish().await;
}

/// What is no password costs no guess, and no hash.
#[tokio::test]
async fn what_could_be_no_password_is_not_counted_as_a_guess() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let stack = stack.with("NOVA_BODY_LIMIT", "1000000");
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let change = async |current: &str, new: &str| {
        let body = json!({ "current_password": current, "new_password": new });
        let request = app.put("/v1/users/me/password").bearer(&ada.access_token);
        request.json(body).await
    };
    let long = "p".repeat(100_000);
    for _ in 0..50 {
        let refused = change(PASSWORD, &long).await;
        assert_eq!(
            refused.wrong_fields(400, "validation_failed"),
            ["new_password"]
        );
    }
    change(PASSWORD, "another password").await.expect(204);
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
            "\"sign-ins-per-address\";q=300;w=60",
        ),
        (
            "/v1/auth/register",
            "registrations-per-address",
            "\"registrations-per-address\";q=120;w=60",
        ),
    ] {
        let first = malformed(path).await;
        first.problem(400, "malformed_json");
        assert_eq!(said(&first, "ratelimit-policy", limit), Some(policy));
        let mut answer = first;
        for _ in 0..2_000 {
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

/// Behind a proxy that says which address a request came from.
async fn start_behind_proxy() -> (Stack, App) {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let stack = stack.with("NOVA_TRUSTED_PROXIES", "1");
    let app = start(&stack).await;
    (stack, app)
}

async fn login_from(app: &App, address: &str, username: &str, password: &str) -> Answer {
    app.post("/v1/auth/login")
        .header("x-forwarded-for", address)
        .json(json!({ "username": username, "password": password }))
        .await
}

async fn register_from(app: &App, address: &str, username: &str) {
    let email = format!("{username}@example.org");
    let body = json!({ "username": username, "email": email, "password": PASSWORD });
    let request = app.post("/v1/auth/register").json(body);
    request.header("x-forwarded-for", address).await.expect(201);
}

/// Guesses, each from another address, until one is refused: how many were not, and that answer. Most have no turn
/// to be checked, and count as well.
async fn guess_from_everywhere(app: &App, username: &str) -> (usize, Answer) {
    const AT_ONCE: usize = 32;
    let mut guesses = 0;
    while guesses < 2_000 {
        let addresses = (guesses..guesses + AT_ONCE)
            .map(|guess| format!("198.51.{}.{}", guess >> 8, guess & 255));
        let answers =
            addresses.map(async |address| login_from(app, &address, username, "wrong").await);
        let answers = futures::future::join_all(answers).await;
        guesses += answers.iter().filter(|answer| answer.status != 429).count();
        let mut refused = answers.into_iter().filter(|answer| answer.status == 429);
        if let Some(refused) = refused.next() {
            return (guesses, refused);
        }
    }
    panic!("{username} may be guessed at without end");
}

#[tokio::test]
async fn a_stranger_locks_nobody_out() {
    let (stack, app) = start_behind_proxy().await;
    register_from(&app, "192.0.2.1", "ada").await;
    let stranger = "198.51.100.1";
    while login_from(&app, stranger, "ada", "wrong").await.status != 429 {}
    // From where the owner has signed in, and from where nobody has.
    for address in ["192.0.2.1", "192.0.2.2"] {
        login_from(&app, address, "ada", PASSWORD).await.expect(200);
    }
    // And the stranger's neighbours sign in to accounts of their own.
    register_from(&app, "192.0.2.1", "ben").await;
    login_from(&app, stranger, "ben", PASSWORD)
        .await
        .expect(200);
    stack.finish().await;
}

#[tokio::test]
async fn guesses_from_many_addresses_are_limited_but_not_for_those_who_sign_in_there() {
    let (stack, app) = start_behind_proxy().await;
    register_from(&app, "192.0.2.1", "ada").await;
    login_from(&app, "192.0.2.2", "ada", PASSWORD)
        .await
        .expect(200);
    for name in ["ada", "nobody"] {
        let (guesses, refused) = guess_from_everywhere(&app, name).await;
        assert!(guesses >= 290, "{guesses}");
        let limit = "sign-ins-from-new-addresses";
        assert_eq!(
            said(&refused, "ratelimit-policy", limit),
            Some("\"sign-ins-from-new-addresses\";q=300;w=3600")
        );
    }
    for known in ["192.0.2.1", "192.0.2.2"] {
        login_from(&app, known, "ada", PASSWORD).await.expect(200);
    }
    let by_email = json!({ "email": "ada@example.org", "password": PASSWORD });
    let request = app.post("/v1/auth/login").json(by_email);
    request
        .header("x-forwarded-for", "192.0.2.1")
        .await
        .expect(200);
    stack.finish().await;
}

/// The Redis of the tests.
fn redis() -> String {
    std::env::var("NOVA_TEST_REDIS").expect("a Redis")
}

async fn sharing(redis: &str) -> Stack {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let stack = stack.with("NOVA_TRUSTED_PROXIES", "1");
    stack.with("NOVA_RATE_LIMIT_REDIS", redis)
}

/// However busy the machine is, Redis is not taken for away.
const PATIENT: (&str, &str) = ("NOVA_RATE_LIMIT_TIMEOUT", "30s");

#[tokio::test]
async fn replicas_share_limits_and_what_they_know() {
    let stack = sharing(&redis()).await.with(PATIENT.0, PATIENT.1);
    let [one, other] = [(); 2].map(|()| RateLimits::read(&mut stack.env()).expect("limits"));
    let day = Duration::from_secs(86_400);
    let [of_one, of_other] = [&one, &other].map(|limits| limits.limit("shared", 5, day));
    for (limit, left) in [
        (&of_one, 4),
        (&of_one, 3),
        (&of_other, 2),
        (&of_one, 1),
        (&of_other, 0),
    ] {
        assert_eq!(limit.check("a").await.expect("one is left").left(), left);
    }
    for limit in [&of_one, &of_other] {
        let refused = limit.check("a").await.expect_err("none is left");
        let wait = refused.retry_after().expect("a time");
        // A fifth of a day, less what this has taken.
        assert!(wait <= day / 5 && wait > day / 10, "{wait:?}");
        limit.check("b").await.expect("another key");
    }

    let [one, other] = [one, other].map(|limits| limits.known("known", day));
    one.remember("a").await;
    assert!(other.knows("a").await && !other.knows("b").await);
    stack.finish().await;
}

#[tokio::test]
async fn sign_ins_are_limited_for_all_replicas_together() {
    let stack = sharing(&redis()).await.with(PATIENT.0, PATIENT.1);
    let (one, other) = (start(&stack).await, start(&stack).await);
    let address = "192.0.2.1";
    for _ in 0..8 {
        login_from(&one, address, "nobody", "wrong")
            .await
            .problem(401, "invalid_credentials");
    }
    // The other one has seen none of them. One comes back every six seconds.
    let answer = login_from(&other, address, "nobody", "wrong").await;
    let said = said(&answer, "ratelimit", "sign-ins").expect("a limit");
    assert!(!said.starts_with("\"sign-ins\";r=9;"), "{said}");
    let mut redis = stack.redis().await;
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg(format!("{}limit:*", stack.redis_prefix))
        .query_async(&mut redis)
        .await
        .expect("keys");
    assert!(!keys.is_empty());
    for key in keys {
        assert!(!key.contains("nobody") && !key.contains("192.0"), "{key}");
        let expires: i64 = redis::cmd("TTL")
            .arg(&key)
            .query_async(&mut redis)
            .await
            .expect("a time");
        // Less than that is one that has gone meanwhile.
        assert_ne!(expires, -1, "{key} stays for ever");
    }
    stack.finish().await;
}

#[tokio::test]
async fn limits_hold_in_each_replica_while_redis_is_away() {
    let redis = redis();
    let server = redis.trim_start_matches("redis://").trim_end_matches('/');
    let proxy = Proxy::to(server).await;
    let stack = sharing(&format!("redis://{}", proxy.address())).await;
    let (one, other) = (start(&stack).await, start(&stack).await);
    let address = "192.0.2.1";
    for app in [&one, &other] {
        login_from(app, address, "ada", "wrong")
            .await
            .problem(401, "invalid_credentials");
    }
    // It is there and says nothing: the worst that it can do.
    proxy.swallow();
    for app in [&one, &other] {
        let mut allowed = 0;
        while login_from(app, address, "ada", "wrong").await.status == 401 {
            allowed += 1;
        }
        assert!((9..40).contains(&allowed), "{allowed}");
    }
    stack.finish().await;
}
