//! Paths, methods, parameters, limits and what goes wrong on our side.

use nova_ids::PostId;
use nova_service::Env;
use nova_service::telemetry::Telemetry;
use reqwest::Method;
use serde_json::Value;

use crate::stage::{problem, stage, stage_with, told, wrong_field};

#[tokio::test]
async fn unknown_paths_are_404_and_unknown_methods_405() {
    let stage = stage().await;
    for path in [
        "/",
        "/nowhere",
        "/v1",
        "/v1/things/",
        "/v1//things",
        "/%00",
        "/%ff",
        "/v1/things/a/b",
    ] {
        assert_eq!(
            told(stage.get(path).await).await,
            problem(404, "not_found"),
            "{path}"
        );
    }
    for (method, path) in [
        (Method::DELETE, "/v1/things"),
        (Method::POST, "/health/live"),
    ] {
        let answer = stage.request(method, path).send().await.unwrap();
        let allow = answer.headers()["allow"].to_str().unwrap().to_owned();
        assert!(
            allow.contains("GET") && allow.contains("HEAD") && !allow.contains("DELETE"),
            "{allow}"
        );
        assert_eq!(
            told(answer).await,
            problem(405, "method_not_allowed"),
            "{path}"
        );
    }
    let odd = stage
        .request(Method::from_bytes(b"BREW").unwrap(), "/v1/things")
        .send()
        .await
        .unwrap();
    assert_eq!(odd.headers()["allow"], "GET,HEAD,POST");
    assert_eq!(odd.status(), 405);
    stage.finish().await;
}

#[tokio::test]
async fn ids_in_paths_are_checked() {
    let stage = stage().await;
    let id = PostId::new();
    let answer = stage.get(&format!("/v1/things/{id}")).await;
    assert_eq!(answer.json::<Value>().await.unwrap(), id.to_string());
    for wrong in ["1", "%20", "%00", "..%2f", "%zz", "018f", "%e2%82%ac"] {
        let answer = stage.get(&format!("/v1/things/{wrong}")).await;
        assert_eq!(
            told(answer).await,
            wrong_field("invalid_request", "id", "invalid_id"),
            "{wrong}"
        );
    }
    let garbage = stage.get("/v1/things/%ff%fe").await;
    assert_eq!(
        told(garbage).await,
        wrong_field("invalid_request", "path", "invalid_encoding")
    );
    stage.finish().await;
}

#[tokio::test]
async fn pages_are_walked_by_cursor() {
    let stage = stage().await;
    let first: Value = stage.get("/v1/things?limit=2").await.json().await.unwrap();
    assert_eq!(first["items"], serde_json::json!(["0", "1"]));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second: Value = stage
        .get(&format!("/v1/things?limit=1&cursor={cursor}"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(second["items"], serde_json::json!(["2"]));
    let default: Value = stage.get("/v1/things").await.json().await.unwrap();
    assert_eq!(default["items"].as_array().unwrap().len(), 20);
    for changed in [
        format!("{cursor}A"),
        cursor[1..].to_owned(),
        String::new(),
        "%ff".to_owned(),
    ] {
        let answer = stage.get(&format!("/v1/things?cursor={changed}")).await;
        assert_eq!(
            told(answer).await,
            wrong_field("invalid_cursor", "cursor", "invalid_cursor"),
            "{changed}"
        );
    }
    stage.finish().await;
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let stage = stage().await;
    for limit in [
        "0",
        "101",
        "-1",
        "x",
        "",
        "1.5",
        "%2B1",
        "99999999999999999999",
    ] {
        let answer = stage.get(&format!("/v1/things?limit={limit}")).await;
        assert_eq!(
            told(answer).await,
            wrong_field("validation_failed", "limit", "out_of_range"),
            "{limit}"
        );
    }
    let cases = [
        ("/v1/things?offset=1", "offset", "unknown_field"),
        ("/v1/things?limit=1&limit=2", "limit", "duplicate_field"),
        ("/v1/search", "name", "missing_field"),
        ("/v1/search?name=a&name=b", "name", "duplicate_field"),
        ("/v1/search?name=a&size=x", "size", "invalid_value"),
        ("/v1/search?name=a&color=x", "color", "unknown_field"),
    ];
    for (path, field, code) in cases {
        let told = told(stage.get(path).await).await;
        assert_eq!(
            told,
            wrong_field("validation_failed", field, code),
            "{path}"
        );
    }
    stage.finish().await;
}

#[tokio::test]
async fn head_answers_as_get_without_a_body() {
    let stage = stage().await;
    for path in [
        "/v1/things",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/openapi.json",
        "/docs/",
    ] {
        let answer = stage.request(Method::HEAD, path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert!(answer.headers().contains_key("x-trace-id"));
        assert_eq!(answer.text().await.unwrap(), "", "{path}");
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_trace_goes_on() {
    // Once in this process; whatever else runs in it is traced from now on too.
    let quiet = ("NOVA_LOG".to_owned(), "off".to_owned());
    let telemetry = Telemetry::install(&mut Env::of([quiet]), "test").unwrap();
    let stage = stage().await;
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let first = stage.get("/health/live").await.headers()["x-trace-id"].clone();
    let second = stage.get("/health/live").await.headers()["x-trace-id"].clone();
    assert_ne!(first, second);
    assert_eq!(first.len(), 32);
    let asked = stage
        .request(Method::GET, "/v1/nowhere")
        .header("traceparent", parent);
    let answer = asked.send().await.unwrap();
    assert_eq!(
        answer.headers()["x-trace-id"],
        "0af7651916cd43dd8448eb211c80319c"
    );
    assert_eq!(told(answer).await, problem(404, "not_found"));
    let nonsense = stage
        .request(Method::GET, "/health/live")
        .header("traceparent", "nonsense");
    assert_eq!(
        nonsense.send().await.unwrap().headers()["x-trace-id"].len(),
        32
    );
    stage.finish().await;
    telemetry.shutdown().await;
}

#[tokio::test]
async fn our_own_failures_are_told_without_their_cause() {
    let stage = stage().await;
    for path in ["/v1/breaks", "/v1/panics"] {
        let answer = stage.get(path).await;
        assert_eq!(answer.status(), 500);
        let body = answer.text().await.unwrap();
        assert!(
            body.contains("\"internal\"") && !body.contains("table"),
            "{body}"
        );
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended() {
    let stage = stage_with(&[("NOVA_REQUEST_TIMEOUT", "50ms")], |service| service).await;
    assert_eq!(
        told(stage.get("/v1/waits").await).await,
        problem(503, "timeout")
    );
    stage.finish().await;
}

#[tokio::test]
async fn writes_are_limited_for_each_user() {
    let stage = stage().await;
    let read = stage.get("/v1/things").await;
    assert!(!read.headers().contains_key("ratelimit"));
    let token = stage.signer.token();
    let path = format!("/v1/things/{}", PostId::new());
    let mut refused = None;
    for write in 1..=400 {
        let answer = stage
            .request(Method::PATCH, &path)
            .bearer_auth(&token)
            .json(&serde_json::json!({"name": "a"}));
        let answer = answer.send().await.unwrap();
        assert_eq!(
            answer.headers()["ratelimit-policy"],
            "\"writes\";q=300;w=60"
        );
        if write == 1 {
            assert_eq!(answer.headers()["ratelimit"], "\"writes\";r=299;t=1");
        }
        if answer.status() == 429 {
            refused = Some((write, answer));
            break;
        }
        assert_eq!(answer.status(), 200);
    }
    let (write, answer) = refused.unwrap();
    assert!(write > 300, "{write}");
    assert!(
        answer.headers()["ratelimit"]
            .to_str()
            .unwrap()
            .starts_with("\"writes\";r=0;t=")
    );
    assert_eq!(answer.headers()["retry-after"], "1");
    assert_eq!(told(answer).await, problem(429, "too_many_requests"));
    assert_eq!(
        stage.post(r#"{"name":"a"}"#).send().await.unwrap().status(),
        201,
        "another user"
    );
    stage.finish().await;
}

#[tokio::test]
async fn limits_can_be_off() {
    let stage = stage_with(&[("NOVA_RATE_LIMIT", "off")], |service| service).await;
    let answer = stage.post(r#"{"name":"a"}"#).send().await.unwrap();
    assert!(!answer.headers().contains_key("ratelimit"));
    stage.finish().await;
}

#[tokio::test]
async fn only_trusted_proxies_name_the_client() {
    let forwarded = [("x-forwarded-for", "9.9.9.9, 1.2.3.4")];
    for (proxies, client) in [("0", "127.0.0.1"), ("1", "1.2.3.4"), ("2", "9.9.9.9")] {
        let stage = stage_with(&[("NOVA_TRUSTED_PROXIES", proxies)], |service| service).await;
        let (name, value) = forwarded[0];
        let answer = stage
            .request(Method::GET, "/v1/address")
            .header(name, value)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.json::<Value>().await.unwrap(), client, "{proxies}");
        stage.finish().await;
    }
}

#[tokio::test]
async fn what_is_hardly_http_is_answered_or_cut_but_never_500() {
    let stage = stage().await;
    let odd: [&[u8]; 8] = [
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
        b"CONNECT example.org:80 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"GET http://example.org/v1/who HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"GET /v1/who HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: \xff\xfe\r\n\r\n",
        b"POST /v1/things HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
    ];
    for bytes in odd {
        let answer = stage.raw(bytes).await;
        assert!(
            !answer.contains("HTTP/1.1 5"),
            "{} -> {answer}",
            String::from_utf8_lossy(bytes)
        );
    }
    stage.finish().await;
}
