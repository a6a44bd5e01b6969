//! Connections that a route goes on with by itself.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use nova_service::platform::Takeover;
use reqwest::Client;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

use crate::stage::{Stage, soon, stage_with};

const TAKEN: &str = "from the route itself";
const SENT: &str = "as any other body";

/// Goes on with its connection, if it is given it.
async fn stream() -> Response {
    let mut response = Body::from(SENT).into_response();
    let takeover = Takeover::new(|mut stream: TcpStream| async move {
        stream.write_all(TAKEN.as_bytes()).await.unwrap();
    });
    response.extensions_mut().insert(takeover);
    response
}

/// Holds its connection until the other side lets go.
async fn hold() -> Response {
    let mut response = Body::empty().into_response();
    let takeover = Takeover::new(|mut stream: TcpStream| async move {
        stream.write_all(b"held").await.unwrap();
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest).await);
    });
    response.extensions_mut().insert(takeover);
    response
}

async fn stage() -> Stage {
    let more = OpenApiRouter::new()
        .route("/v1/stream", get(stream))
        .route("/v1/hold", get(hold));
    stage_with(&[], |service| service.rest(more)).await
}

#[tokio::test]
async fn a_route_goes_on_with_its_connection_behind_the_head() {
    let stage = stage().await;
    let answer = stage
        .raw(b"GET /v1/stream HTTP/1.1\r\nhost: nova\r\n\r\n")
        .await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("\r\nconnection: close"), "{head}");
    assert!(!head.contains("content-length"), "{head}");
    // What the edge adds to every answer is there.
    assert!(head.contains("\r\nx-trace-id: "), "{head}");
    assert_eq!(body, TAKEN);
    stage.finish().await;
}

#[tokio::test]
async fn it_does_so_too_after_other_requests_and_as_http_1_0() {
    let stage = stage().await;
    let answer = stage
        .raw(
            b"GET /health/live HTTP/1.1\r\nhost: nova\r\n\r\n\
              GET /v1/stream HTTP/1.1\r\nhost: nova\r\n\r\n",
        )
        .await;
    assert!(answer.ends_with(&format!("\r\n\r\n{TAKEN}")), "{answer}");
    let answer = stage.raw(b"GET /v1/stream HTTP/1.0\r\n\r\n").await;
    assert!(answer.ends_with(&format!("\r\n\r\n{TAKEN}")), "{answer}");
    stage.finish().await;
}

#[tokio::test]
async fn http_2_and_head_have_the_body_or_none() {
    let stage = stage().await;
    let http2 = Client::builder().http2_prior_knowledge().build().unwrap();
    let answer = http2.get(stage.url("/v1/stream")).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), SENT);
    let answer = stage
        .raw(b"HEAD /v1/stream HTTP/1.1\r\nhost: nova\r\nconnection: close\r\n\r\n")
        .await;
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    stage.finish().await;
}

#[tokio::test]
async fn a_route_is_told_when_its_connections_are_to_end() {
    let ending = CancellationToken::new();
    let ended = ending.clone();
    let stream = move || {
        let ended = ended.clone();
        async move {
            let mut response = Body::empty().into_response();
            let takeover = Takeover::new(|mut stream: TcpStream| async move {
                stream.write_all(b"held").await.unwrap();
                ended.cancelled().await;
                stream.write_all(b" and let go").await.unwrap();
            });
            response.extensions_mut().insert(takeover);
            response
        }
    };
    let more = OpenApiRouter::new().route("/v1/stream", get(stream));
    let stage = stage_with(&[], |service| {
        service.rest(more).on_drain(move || ending.cancel())
    })
    .await;
    let mut held = TcpStream::connect(stage.address).await.unwrap();
    held.write_all(b"GET /v1/stream HTTP/1.1\r\nhost: nova\r\n\r\n")
        .await
        .unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"held") {
        assert!(soon(held.read_buf(&mut read)).await.unwrap() > 0);
    }
    soon(stage.finish()).await;
    held.read_to_end(&mut read).await.unwrap();
    assert!(read.ends_with(b"held and let go"));
}

#[tokio::test]
async fn a_stop_waits_for_it_and_cuts_it_in_the_end() {
    let stage = stage().await;
    let mut held = TcpStream::connect(stage.address).await.unwrap();
    held.write_all(b"GET /v1/hold HTTP/1.1\r\nhost: nova\r\n\r\n")
        .await
        .unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"held") {
        assert!(soon(held.read_buf(&mut read)).await.unwrap() > 0);
    }
    stage.stop.cancel();
    soon(async { while TcpStream::connect(stage.address).await.is_ok() {} }).await;
    assert!(!stage.running.is_finished());
    tokio::time::pause();
    assert_eq!(held.read_buf(&mut read).await.unwrap_or_default(), 0);
    tokio::time::resume();
    soon(stage.running).await.unwrap().unwrap();
}
