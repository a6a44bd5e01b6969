//! Stopping in order.

use std::sync::Arc;

use axum::routing::get;
use tokio::sync::Notify;
use utoipa_axum::router::OpenApiRouter;

use crate::stage::{soon, stage_with};

#[tokio::test]
async fn requests_under_way_are_answered_and_no_new_ones_taken() {
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (entered, leave) = (entered.clone(), leave.clone());
        get(move || async move {
            entered.notify_one();
            leave.notified().await;
            "done"
        })
    };
    let more = OpenApiRouter::new().route("/v1/hold", handler);
    let stage = stage_with(&[], |service| service.rest(more)).await;
    let url = stage.url("/v1/hold");
    let under_way =
        tokio::spawn(async move { reqwest::get(url).await.unwrap().text().await.unwrap() });
    soon(entered.notified()).await;
    stage.stop.cancel();
    // The listener closes soon after; until then a connection may still be accepted.
    soon(async { while tokio::net::TcpStream::connect(stage.address).await.is_ok() {} }).await;
    assert!(!stage.running.is_finished());
    leave.notify_one();
    assert_eq!(soon(under_way).await.unwrap(), "done");
    soon(stage.running).await.unwrap().unwrap();
}

#[tokio::test]
async fn tasks_are_stopped_after_requests() {
    let stopped = Arc::new(Notify::new());
    let seen = stopped.clone();
    let stage = stage_with(&[], |service| {
        service.task("relay", |stop| async move {
            stop.cancelled().await;
            seen.notify_one();
        })
    })
    .await;
    stage.finish().await;
    soon(stopped.notified()).await;
}

#[tokio::test]
async fn a_task_that_ends_early_stops_the_process() {
    let stage = stage_with(&[], |service| service.task("relay", |_| async {})).await;
    let error = soon(stage.running).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "task things.relay ended before the stop");

    let stage = stage_with(&[], |service| {
        service.task("relay", |_| async { panic!("broken") })
    })
    .await;
    let error = soon(stage.running).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "task things.relay failed");
}

#[tokio::test]
async fn what_does_not_stop_is_named() {
    let stage = stage_with(&[("NOVA_SHUTDOWN_TIMEOUT", "100ms")], |service| {
        service.task("stubborn", |_| std::future::pending())
    })
    .await;
    stage.stop.cancel();
    let error = soon(stage.running).await.unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "did not stop within 100ms: things.stubborn"
    );
}

#[tokio::test]
async fn a_connection_that_stays_is_cut() {
    let stage = stage_with(&[("NOVA_SHUTDOWN_TIMEOUT", "200ms")], |service| service).await;
    let waiting = tokio::spawn(reqwest::get(stage.url("/v1/waits")));
    // Another answer on another connection: by then the first request has been sent as well.
    stage.get("/health/live").await;
    stage.stop.cancel();
    soon(stage.running).await.unwrap().unwrap();
    assert!(soon(waiting).await.unwrap().is_err());
}
