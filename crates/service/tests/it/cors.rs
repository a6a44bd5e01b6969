//! Pages of other origins.

use nova_service::config::Setting as _;
use nova_service::platform::PageOrigins;
use nova_service::{Env, Platform};
use reqwest::{Method, Response};

use crate::stage::{Stage, stage, stage_with};

const ORIGIN: &str = "https://app.example";

async fn preflight(stage: &Stage, origin: &str) -> Response {
    preflight_of(stage, "/v1/things", origin).await
}

async fn preflight_of(stage: &Stage, path: &str, origin: &str) -> Response {
    let asked = stage
        .request(Method::OPTIONS, path)
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
const CREDENTIALS: &str = "access-control-allow-credentials";

/// What an answer lets its page do; of each header there is one.
fn let_do(answer: &Response) -> (Option<&str>, Option<&str>) {
    for name in [ALLOWED, CREDENTIALS, "access-control-allow-methods"] {
        assert!(answer.headers().get_all(name).iter().count() <= 1, "{name}");
    }
    (header(answer, ALLOWED), header(answer, CREDENTIALS))
}

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
    assert_eq!(header(&allowed, CREDENTIALS), None);

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

#[tokio::test]
async fn pages_that_a_service_trusts_bring_cookies_to_its_paths_alone() {
    const TRUSTED: &str = "https://trusted.example";
    for all in [
        None,
        Some("*"),
        Some("https://app.example,https://trusted.example"),
    ] {
        let settings = all.map(|all| ("NOVA_CORS_ORIGINS", all));
        let settings: Vec<_> = settings.into_iter().collect();
        let origins = PageOrigins::parse(TRUSTED).unwrap();
        let stage = stage_with(&settings, |service| {
            service.trust_pages("/v1/things", origins)
        })
        .await;
        for path in ["/v1/things", "/v1/things/a"] {
            let answer = preflight_of(&stage, path, TRUSTED).await;
            assert_eq!(let_do(&answer), (Some(TRUSTED), Some("true")), "{all:?}");
        }
        let asked = stage.post(r#"{"name":"a"}"#).header("origin", TRUSTED);
        let answer = asked.send().await.unwrap();
        assert_eq!(let_do(&answer), (Some(TRUSTED), Some("true")), "{all:?}");
        // To others, and elsewhere, what holds for all.
        let anybody = |origin| all.map(|all| if all == "*" { "*" } else { origin });
        let answer = preflight(&stage, ORIGIN).await;
        assert_eq!(let_do(&answer), (anybody(ORIGIN), None), "{all:?}");
        let answer = preflight_of(&stage, "/v1/thingsome", TRUSTED).await;
        assert_eq!(let_do(&answer), (anybody(TRUSTED), None), "{all:?}");
        stage.finish().await;
    }
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
