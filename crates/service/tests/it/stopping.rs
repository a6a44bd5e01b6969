//! Stopping in order.

use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use utoipa_axum::router::OpenApiRouter;

use crate::grpc::channel;
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
    soon(async { while TcpStream::connect(stage.address).await.is_ok() {} }).await;
    assert!(!stage.running.is_finished());
    leave.notify_one();
    assert_eq!(soon(under_way).await.unwrap(), "done");
    soon(stage.running).await.unwrap().unwrap();
}

/// Longer than any test runs: whoever wants it to have passed moves the clock.
const LONG: (&str, &str) = ("NOVA_DRAIN_DELAY", "1h");

#[tokio::test]
async fn requests_are_taken_while_those_who_send_them_learn_that_it_stops() {
    let stage = stage_with(&[LONG], |service| service).await;
    assert_eq!(stage.get("/health/ready").await.status(), 200);
    stage.stop.cancel();
    let mut grpc = HealthClient::new(channel(&stage).await);
    // It is told in the turn in which the process learns that it stops.
    soon(async { while stage.get("/health/ready").await.status() == 200 {} }).await;
    assert_eq!(stage.get("/health/ready").await.status(), 503);
    let status = grpc.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(status.into_inner().status(), ServingStatus::NotServing);
    let anew = reqwest::get(stage.url("/v1/things?limit=1")).await.unwrap();
    assert_eq!(anew.status(), 200);
    assert!(!stage.running.is_finished());

    drop((anew, grpc));
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3_600)).await;
    tokio::time::resume();
    soon(async { while TcpStream::connect(stage.address).await.is_ok() {} }).await;
    soon(stage.running).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_fails_meanwhile_is_not_waited_with() {
    let fail = Arc::new(Notify::new());
    let failing = fail.clone();
    let stage = stage_with(&[LONG], |service| {
        service.task("relay", |_| async move { failing.notified().await })
    })
    .await;
    stage.stop.cancel();
    soon(async { while stage.get("/health/ready").await.status() == 200 {} }).await;
    assert!(!stage.running.is_finished());
    fail.notify_one();
    let error = soon(stage.running).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "task things.relay ended before the stop");
}

#[tokio::test]
async fn what_has_failed_is_not_waited_with() {
    let stage = stage_with(&[LONG], |service| service.task("relay", |_| async {})).await;
    let error = soon(stage.running).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "task things.relay ended before the stop");
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
