//! Pages of other origins.

use nova_service::{Env, Platform};
use reqwest::{Method, Response};

use crate::stage::{Stage, stage, stage_with};

const ORIGIN: &str = "https://app.example";

async fn preflight(stage: &Stage, origin: &str) -> Response {
    let asked = stage
        .request(Method::OPTIONS, "/v1/things")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,idempotency-key",
        );
    asked.send().await.unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
}

const ALLOWED: &str = "access-control-allow-origin";

#[tokio::test]
async fn pages_of_the_origins_in_the_list_may_ask_and_read() {
    let settings = [(
        "NOVA_CORS_ORIGINS",
        "http://localhost:3000,https://app.example",
    )];
    let stage = stage_with(&settings, |service| service).await;
    let allowed = preflight(&stage, ORIGIN).await;
    assert_eq!(allowed.status(), 200);
    assert_eq!(header(&allowed, ALLOWED), Some(ORIGIN));
    let methods = header(&allowed, "access-control-allow-methods").unwrap();
    assert!(
        methods.contains("POST") && methods.contains("PATCH"),
        "{methods}"
    );
    let headers = header(&allowed, "access-control-allow-headers").unwrap();
    for name in [
        "authorization",
        "content-type",
        "idempotency-key",
        "last-event-id",
        "traceparent",
    ] {
        assert!(headers.contains(name), "{name} in {headers}");
    }
    assert_eq!(header(&allowed, "access-control-allow-credentials"), None);

    let asked = stage.post(r#"{"name":"a"}"#).header("origin", ORIGIN);
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(header(&answer, ALLOWED), Some(ORIGIN));
    let exposed = header(&answer, "access-control-expose-headers").unwrap();
    for name in [
        "etag",
        "idempotency-replayed",
        "location",
        "ratelimit",
        "retry-after",
        "x-trace-id",
    ] {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
    let vary = header(&answer, "vary").unwrap().to_lowercase();
    assert!(vary.contains("origin"), "{vary}");
    // What goes wrong can be read as well.
    let asked = stage
        .request(Method::GET, "/v1/things")
        .header("origin", ORIGIN);
    let refused = asked.bearer_auth("nonsense").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(header(&refused, ALLOWED), Some(ORIGIN));

    let stranger = preflight(&stage, "https://evil.example").await;
    assert_eq!(header(&stranger, ALLOWED), None);
    stage.finish().await;
}

#[tokio::test]
async fn all_origins_may_be_allowed_and_by_default_none_is() {
    let open = stage_with(&[("NOVA_CORS_ORIGINS", "*")], |service| service).await;
    assert_eq!(header(&preflight(&open, ORIGIN).await, ALLOWED), Some("*"));
    open.finish().await;

    let closed = stage().await;
    let answer = preflight(&closed, ORIGIN).await;
    assert_eq!(answer.status(), 405);
    assert_eq!(header(&answer, ALLOWED), None);
    closed.finish().await;
}

#[test]
fn what_is_no_origin_is_refused_at_the_start() {
    let stranger = [
        ("NOVA_CORS_ORIGINS", "app.example"),
        (
            "NOVA_TOKEN_KEYS",
            "k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ),
    ];
    let mut env = Env::of(stranger.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let refused = Platform::read(&mut env).err().unwrap().to_string();
    assert!(
        refused.starts_with("NOVA_CORS_ORIGINS: \"app.example\" is not"),
        "{refused}"
    );
}
