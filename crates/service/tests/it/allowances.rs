//! Routes with longer bodies than others, which may take their time as long as they come.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use nova_service::Service;
use nova_service::http::{Json, Problem, unreadable};
use nova_service::platform::{Allowance, Pace};
use reqwest::Method;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::stage::{problem, soon, stage_with, told};

const LIMIT: usize = 200_000;

#[utoipa::path(put, path = "/v1/files/{id}", responses((status = 200, body = usize)))]
async fn upload(mut body: Body) -> Result<Json<usize>, Problem> {
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unreadable(&error))?;
        length += frame.data_ref().map_or(0, Bytes::len);
    }
    Ok(Json(length))
}

#[utoipa::path(put, path = "/v1/files/{id}/think", responses((status = 200)))]
async fn think(body: Body) -> Result<(), Problem> {
    body.collect().await.map_err(|error| unreadable(&error))?;
    std::future::pending().await
}

fn files(service: Service) -> Service {
    let allowance = Allowance {
        body_limit: LIMIT,
        pace: Pace {
            idle: Duration::from_millis(400),
            ..Pace::default()
        },
    };
    service
        .rest(OpenApiRouter::new().routes(routes!(upload)))
        .rest(OpenApiRouter::new().routes(routes!(think)))
        .allow(Method::PUT, "/v1/files/{id}", allowance)
        .allow(Method::PUT, "/v1/files/{id}/think", allowance)
}

/// So many pieces with a pause after each.
fn pieces(count: usize, length: usize, pause: Duration) -> reqwest::Body {
    let piece = move |_| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(Frame::data(Bytes::from(vec![b'x'; length])))
    };
    reqwest::Body::wrap(StreamBody::new(stream::iter(0..count).then(piece)))
}

#[tokio::test]
async fn a_route_may_take_longer_bodies_and_others_do_not() {
    let stage = stage_with(&[("NOVA_BODY_LIMIT", "1000")], files).await;
    let put = |path, length| stage.request(Method::PUT, path).body(vec![b'x'; length]);
    let taken = put("/v1/files/a", LIMIT).send().await.unwrap();
    assert_eq!(taken.text().await.unwrap(), LIMIT.to_string());
    let declared = put("/v1/files/a", LIMIT + 1).send().await.unwrap();
    assert_eq!(told(declared).await, problem(413, "payload_too_large"));
    let counted =
        stage
            .request(Method::PUT, "/v1/files/a")
            .body(pieces(3, LIMIT / 2, Duration::ZERO));
    let counted = counted.send().await.unwrap();
    assert_eq!(told(counted).await, problem(413, "payload_too_large"));
    let another = stage.post(vec![b' '; 1_001]).send().await.unwrap();
    assert_eq!(told(another).await, problem(413, "payload_too_large"));
    stage.finish().await;
}

/// Whatever comes goes on coming for longer than a request may take.
#[tokio::test]
async fn a_body_that_comes_may_take_its_time() {
    let stage = stage_with(&[("NOVA_REQUEST_TIMEOUT", "300ms")], files).await;
    let body = pieces(8, 1_000, Duration::from_millis(60));
    let answer = stage.request(Method::PUT, "/v1/files/a").body(body);
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "8000");
    stage.finish().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_408() {
    let stage = stage_with(&[], files).await;
    let head = "PUT /v1/files/a HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\nconnection: close\r\n\r\nsome";
    let answer = soon(stage.raw(head.as_bytes())).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"too_slow\""), "{answer}");
    stage.finish().await;
}

#[tokio::test]
async fn a_handler_has_no_more_time_than_others() {
    let stage = stage_with(&[("NOVA_REQUEST_TIMEOUT", "200ms")], files).await;
    let answer = stage.request(Method::PUT, "/v1/files/a/think").body("all");
    let answer = soon(answer.send()).await.unwrap();
    assert_eq!(told(answer).await, problem(503, "timeout"));
    stage.finish().await;
}
