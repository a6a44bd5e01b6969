//! Who is let in, how many, and for how long without a word.

use std::io::ErrorKind;
use std::net::SocketAddr;

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use utoipa_axum::router::OpenApiRouter;

use crate::stage::{soon, stage_with};

const SHORT: (&str, &str) = ("NOVA_HEADER_TIMEOUT", "50ms");
const REQUEST: &[u8] = b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n";

/// What the other side sends until it closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    match soon(stream.read_to_end(&mut bytes)).await {
        Ok(_) => {}
        // Closed with something unread.
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn connect(address: SocketAddr, first: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(first).await.unwrap();
    stream
}

/// Asks once and reads the answer, whose body ends with a brace.
async fn ask(stream: &mut TcpStream) {
    stream.write_all(REQUEST).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        let read = soon(stream.read_buf(&mut answer)).await.unwrap();
        assert!(read > 0, "closed before there was an answer");
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{answer:?}");
}

/// Whether it is let in and answered.
async fn is_let_in(address: SocketAddr) -> bool {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // It may have been closed already.
    stream.write_all(REQUEST).await.ok();
    stream.shutdown().await.ok();
    rest(&mut stream).await.starts_with("HTTP/1.1 200 ")
}

#[tokio::test]
async fn who_does_not_say_what_they_want_is_closed() {
    let stage = stage_with(&[SHORT], |service| service).await;
    for first in [
        "",
        "G",
        "GET /health/live HTTP/1.1\r\nhost: x\r\n",
        "PRI * HTTP/2.0\r\n",
    ] {
        let mut stream = connect(stage.address, first.as_bytes()).await;
        assert_eq!(rest(&mut stream).await, "", "{first:?}");
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_later_head_has_as_much_time_and_none_runs_while_nothing_comes() {
    let stage = stage_with(&[SHORT], |service| service).await;
    let mut idle = connect(stage.address, b"").await;
    let mut slow = connect(stage.address, b"").await;
    ask(&mut idle).await;
    ask(&mut slow).await;
    ask(&mut slow).await;
    slow.write_all(b"GET /health/live HTTP/1.1\r\n")
        .await
        .unwrap();
    assert_eq!(rest(&mut slow).await, "");
    // The time of a head has passed since this one was used.
    ask(&mut idle).await;
    ask(&mut idle).await;
    stage.finish().await;
}

/// Leaves HTTP and says what it hears.
async fn echo(request: Request) -> Response {
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let mut stream = TokioIo::new(upgrade.await.unwrap());
        let mut heard = [0];
        while stream.read_exact(&mut heard).await.is_ok() {
            stream.write_all(&heard).await.unwrap();
        }
    });
    let left = [("connection", "upgrade"), ("upgrade", "echo")];
    (StatusCode::SWITCHING_PROTOCOLS, left).into_response()
}

async fn says_again(stream: &mut TcpStream, byte: u8) -> bool {
    stream.write_all(&[byte]).await.unwrap();
    let mut heard = [0];
    soon(stream.read_exact(&mut heard)).await.is_ok() && heard == [byte]
}

#[tokio::test]
async fn who_has_left_http_is_not_asked_for_heads() {
    let router = OpenApiRouter::new().route("/v1/echo", get(echo));
    let stage = stage_with(&[SHORT], |service| service.rest(router)).await;
    let ask = b"GET /v1/echo HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    let mut echo = connect(stage.address, ask).await;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert!(soon(echo.read_buf(&mut head)).await.unwrap() > 0);
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{head:?}");
    assert!(says_again(&mut echo, b'a').await);
    // The time of a head passes.
    rest(&mut connect(stage.address, b"").await).await;
    assert!(says_again(&mut echo, b'b').await);
    drop(echo);
    stage.finish().await;
}

#[tokio::test]
async fn http_2_may_be_silent_once_it_has_begun() {
    let stage = stage_with(&[SHORT], |service| service).await;
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let url = stage.url("/v1/things?limit=1");
    let first = client.get(&url).send().await.unwrap();
    assert_eq!(first.status(), 200);
    first.bytes().await.unwrap();
    let mut silent = connect(stage.address, b"").await;
    rest(&mut silent).await;
    // On the same connection: there may be one at a time.
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    drop(client);
    stage.finish().await;
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_gets_them_back() {
    let stage = stage_with(&[("NOVA_CONNECTIONS_PER_ADDRESS", "2")], |service| service).await;
    let mut first = connect(stage.address, b"").await;
    let mut second = connect(stage.address, b"").await;
    ask(&mut first).await;
    ask(&mut second).await;
    assert!(!is_let_in(stage.address).await);
    ask(&mut first).await;
    drop(second);
    soon(async { while !is_let_in(stage.address).await {} }).await;
    drop(first);
    stage.finish().await;
}

#[tokio::test]
async fn behind_proxies_only_all_connections_are_counted() {
    let settings = [
        ("NOVA_CONNECTIONS", "3"),
        ("NOVA_CONNECTIONS_PER_ADDRESS", "1"),
        ("NOVA_TRUSTED_PROXIES", "1"),
    ];
    let stage = stage_with(&settings, |service| service).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(stage.address, b"").await;
        ask(&mut stream).await;
        streams.push(stream);
    }
    assert!(!is_let_in(stage.address).await);
    drop(streams);
    soon(async { while !is_let_in(stage.address).await {} }).await;
    stage.finish().await;
}

#[tokio::test]
async fn operators_get_in_when_it_is_full() {
    let settings = [
        ("NOVA_CONNECTIONS", "1"),
        ("NOVA_ADMIN_LISTEN", "127.0.0.1:0"),
    ];
    let stage = stage_with(&settings, |service| service).await;
    let mut only = connect(stage.address, b"").await;
    ask(&mut only).await;
    assert!(!is_let_in(stage.address).await);
    let metrics = format!("http://{}/metrics", stage.admin.unwrap());
    let answer = reqwest::get(metrics).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let page = answer.text().await.unwrap();
    let counted = r#"nova_connections_refused_total{limit="all"}"#;
    assert!(page.contains(counted), "{page}");
    stage.finish().await;
}
