//! 404, 405, 413, 415, HEAD and the rest of HTTP as HTTP means it.

use std::collections::BTreeSet;

use nova_testkit::Answer;
use nova_tests::Nova;
use nova_tests::checks::{is_problem, is_refused};
use nova_tests::contract::routes;
use nova_tests::raw_http::{chunked, exchange, head, request};
use serde_json::json;

use crate::endpoints::endpoints;

/// `NOVA_BODY_LIMIT` by default, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

#[tokio::test]
async fn what_no_route_has_is_404() {
    let nova = Nova::shared().await;
    let user = nova.user("lost").await;
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v2/feed",
        "/v1/feed/",
        "/v1//feed",
        "/V1/feed",
        "/v1/users",
        "/v1/users/",
        "/v1/auth",
        "/v1/posts/",
        "/health",
        "/health/live/",
        "/.git/config",
        "/v1/feed/x",
        "/nova.feed.v1.FeedService",
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let answer = nova.request(method, path).await;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
            is_refused(&answer, 404, "not_found");
            is_refused(&user.request(method, path).await, 404, "not_found");
        }
    }
}

#[tokio::test]
async fn a_method_that_a_route_has_not_is_405_with_those_it_has() {
    let nova = Nova::shared().await;
    let user = nova.user("method").await;
    let post = user.say("here").await;
    for (path, methods) in routes(&user, &post) {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            if methods.contains(method) {
                continue;
            }
            let answer = user.request(method, &path).await;
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
            is_refused(&answer, 405, "method_not_allowed");
            let methods = methods.iter().map(|&method| method.to_owned());
            assert_eq!(allowed(&answer), methods.collect(), "{method} {path}");
        }
    }
}

/// The methods of the `Allow` header, but for those that come with GET or with every route.
fn allowed(answer: &Answer) -> BTreeSet<String> {
    let allow = answer
        .header("allow")
        .unwrap_or_else(|| panic!("no Allow in {:?}", answer.headers));
    let mut methods: BTreeSet<String> = allow
        .split(',')
        .map(|method| method.trim().to_owned())
        .collect();
    assert_eq!(methods.contains("GET"), methods.contains("HEAD"), "{allow}");
    methods.retain(|method| method != "HEAD" && method != "OPTIONS");
    methods
}

#[tokio::test]
async fn head_answers_as_get_does_without_the_body() {
    let nova = Nova::shared().await;
    let user = nova.user("head").await;
    let post = user.say("here").await;
    // Or it would arrive between the two.
    user.feed_becomes(&[&post]).await;
    for (path, methods) in routes(&user, &post) {
        // What these answer differs from one time to the next.
        if !methods.contains("GET") || path.starts_with("/health") || path == "/metrics" {
            continue;
        }
        let (get, head) = (user.get(&path).await, user.request("HEAD", &path).await);
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        for name in ["content-type", "content-length"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
    }
    let answer = nova.request("HEAD", "/nowhere").await;
    assert_eq!((answer.status, answer.body.len()), (404, 0));
}

#[tokio::test]
async fn a_body_that_is_not_json_is_415() {
    let nova = Nova::shared().await;
    for endpoint in endpoints(&nova).await {
        let good = endpoint.body.to_string();
        let wrong = [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/json",
            "application/xml",
            "application/jsonp",
            "application",
            "json",
            "",
            "*/*",
            "application/*",
            "application/octet-stream",
        ];
        for content_type in wrong {
            let answer = endpoint
                .request()
                .header("content-type", content_type)
                .body(good.as_str())
                .await;
            let called = format!("{} {} as {content_type:?}", endpoint.method, endpoint.path);
            assert_eq!(answer.status, 415, "{called}: {}", answer.text());
            is_refused(&answer, 415, "unsupported_media_type");
        }
        let without = endpoint.request().body(good.as_str()).await;
        is_refused(&without, 415, "unsupported_media_type");
    }
}

#[tokio::test]
async fn json_is_json_with_a_charset_and_in_capitals() {
    let nova = Nova::shared().await;
    let user = nova.user("json").await;
    for content_type in [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json ;charset=\"UTF-8\"",
    ] {
        let request = user.post("/v1/posts").header("content-type", content_type);
        request.body("{\"content\":\"x\"}").await.expect(201);
    }
}

#[tokio::test]
async fn an_encoded_body_is_not_taken_for_a_plain_one() {
    let nova = Nova::shared().await;
    let user = nova.user("coded").await;
    for encoding in ["gzip", "br", "deflate", "identity, gzip"] {
        let request = user
            .post("/v1/posts")
            .header("content-type", "application/json");
        let answer = request
            .header("content-encoding", encoding)
            .body("\x1f\u{8b}\x08")
            .await;
        assert!(
            [400, 415].contains(&answer.status),
            "{encoding}: {} {}",
            answer.status,
            answer.text()
        );
        is_problem(&answer, answer.status);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_with_and_without_a_length() {
    let nova = Nova::shared().await;
    for endpoint in endpoints(&nova).await {
        for excess in [1, 1_000, 200_000] {
            let mut body = endpoint.body.to_string().into_bytes();
            body.resize(BODY_LIMIT + excess, b' ');
            let with_length = endpoint.send(body.clone()).await;
            is_refused(&with_length, 413, "payload_too_large");
        }
    }
    let user = nova.user("chunks").await;
    let authorization = format!("Bearer {}", user.access_token);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", authorization.as_str()),
    ];
    for (method, path) in [
        ("POST", "/v1/posts"),
        ("POST", "/v1/auth/login"),
        ("PATCH", "/v1/users/me"),
    ] {
        let body = format!("{{\"content\":\"{}\"}}", "a".repeat(BODY_LIMIT));
        let answer = exchange(
            nova.address(),
            &chunked(method, path, &headers, body.as_bytes()),
        )
        .await;
        is_refused(&answer, 413, "payload_too_large");
    }
    // What claims to be large is refused before it is sent.
    let mut claim = head("POST", "/v1/posts", &headers);
    claim.extend(b"content-length: 99999999999\r\n\r\n");
    is_refused(
        &exchange(nova.address(), &claim).await,
        413,
        "payload_too_large",
    );
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let nova = Nova::shared().await;
    let user = nova.user("limit").await;
    let mut body = br#"{"content":"x"}"#.to_vec();
    body.resize(BODY_LIMIT, b' ');
    let send = || {
        user.post("/v1/posts")
            .header("content-type", "application/json")
    };
    send().body(body.clone()).await.expect(201);
    let authorization = format!("Bearer {}", user.access_token);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", authorization.as_str()),
    ];
    exchange(
        nova.address(),
        &chunked("POST", "/v1/posts", &headers, &body),
    )
    .await
    .expect(201);
}

#[tokio::test]
async fn the_limit_is_a_setting() {
    let nova = Nova::start_with(&[("NOVA_BODY_LIMIT", "1000")]).await;
    let user = nova.user("small").await;
    user.publish(json!({ "content": "a".repeat(900) })).await;
    let answer = user
        .post("/v1/posts")
        .json(json!({ "content": "a".repeat(1_000) }))
        .await;
    is_refused(&answer, 413, "payload_too_large");
    nova.finish().await;
}

#[tokio::test]
async fn a_request_cut_off_in_the_middle_harms_nobody() {
    let nova = Nova::shared().await;
    let user = nova.user("cut").await;
    let authorization = format!("Bearer {}", user.access_token);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", authorization.as_str()),
    ];
    let mut cut = head("POST", "/v1/posts", &headers);
    cut.extend(b"content-length: 100\r\n\r\n{\"content\":");
    {
        use tokio::io::AsyncWriteExt;
        let mut stream = tokio::net::TcpStream::connect(nova.address())
            .await
            .expect("a connection");
        stream
            .write_all(&cut)
            .await
            .expect("half a request is sent");
    }
    user.say("after that").await;
    assert_eq!(
        user.list(&format!("/v1/users/{}/posts", user.id), 100)
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn what_is_no_http_is_refused_by_the_connection_alone() {
    let nova = Nova::shared().await;
    for request in [
        b"GET\r\n\r\n".as_slice(),
        b"GET /v1/feed HTTP/9.9\r\n\r\n",
        b"GET /v1/feed HTTP/1.1\r\nhost: nova\r\nbad header\r\n\r\n",
        b"GET /v1/feed HTTP/1.1\r\nhost: nova\r\nx: \0\r\n\r\n",
        b"POST /v1/posts HTTP/1.1\r\nhost: nova\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/posts HTTP/1.1\r\nhost: nova\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ] {
        let answer = exchange(nova.address(), request).await;
        assert!((400..=505).contains(&answer.status) && answer.status != 500, "{}", answer.status);
    }
    nova.get("/health/live").await.expect(200);
}

#[tokio::test]
async fn a_chunked_body_that_is_damaged_is_the_callers_fault() {
    let nova = Nova::shared().await;
    let user = nova.user("chunk").await;
    let authorization = format!("Bearer {}", user.access_token);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", authorization.as_str()),
    ];
    let mut damaged = head("POST", "/v1/posts", &headers);
    damaged.extend(b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n");
    let answer = exchange(nova.address(), &damaged).await;
    assert!(
        (400..500).contains(&answer.status),
        "{}: {}",
        answer.status,
        answer.text()
    );
}

#[tokio::test]
async fn long_addresses_and_many_headers_are_the_callers_fault() {
    let nova = Nova::shared().await;
    let long = format!("/v1/feed?cursor={}", "a".repeat(70_000));
    let answer = exchange(nova.address(), &request("GET", &long, &[], b"")).await;
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    let value = "a".repeat(1_000);
    let headers: Vec<(&str, &str)> = (0..600).map(|_| ("x-filler", value.as_str())).collect();
    let answer = exchange(nova.address(), &request("GET", "/v1/feed", &headers, b"")).await;
    assert!((400..500).contains(&answer.status), "{}", answer.status);
}

#[tokio::test]
async fn a_problem_carries_the_trace_it_belongs_to() {
    let nova = Nova::shared().await;
    let trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traceparent = format!("00-{trace_id}-00f067aa0ba902b7-01");
    let answer = nova
        .get("/nowhere")
        .header("traceparent", &traceparent)
        .await;
    assert_eq!(is_problem(&answer, 404)["trace_id"], trace_id);
    for odd in [
        "",
        "00",
        "00-00000000000000000000000000000000-0000000000000000-01",
        "zz-x-y-z",
        &"0".repeat(5_000),
    ] {
        is_problem(&nova.get("/nowhere").header("traceparent", odd).await, 404);
    }
    let (one, other) = (nova.get("/nowhere").await, nova.get("/nowhere").await);
    assert_ne!(
        is_problem(&one, 404)["trace_id"],
        is_problem(&other, 404)["trace_id"]
    );
}

#[tokio::test]
async fn http_2_is_spoken_on_the_same_address() {
    let nova = Nova::shared().await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge();
    let client = client.build().expect("a client");
    let url = format!("{}/health/live", nova.base_url);
    let answer = client.get(url).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for_without_end() {
    // Longer than it takes to hash a password on a busy machine.
    let nova = Nova::start_with(&[("NOVA_REQUEST_TIMEOUT", "4s")]).await;
    let user = nova.user("slow").await;
    let authorization = format!("Bearer {}", user.access_token);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", authorization.as_str()),
    ];
    let mut half = head("POST", "/v1/posts", &headers);
    half.extend(b"content-length: 100\r\n\r\n{\"content\":");
    let answer = exchange(nova.address(), &half).await;
    assert!([408, 503].contains(&answer.status), "{}", answer.text());
    is_problem(&answer, answer.status);
    nova.finish().await;
}
