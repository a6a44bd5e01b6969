//! Whether events can be published and read is found out by doing it.

use std::time::Duration;

use nova_event_bus::{Probe, ProbeOptions};
use nova_resilience::{Condition, Health};
use nova_testkit::{Stack, eventually};
use tokio_util::sync::CancellationToken;

fn is_up(health: &Health) -> bool {
    health.condition().0 == Condition::Up
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_through_the_health_topic_again_and_again() {
    let stack = Stack::new().await;
    let mut kafka = stack.kafka.clone();
    kafka.probe = ProbeOptions {
        interval: Duration::from_millis(100),
        ..ProbeOptions::default()
    };
    let probe = Probe::new("test", &kafka);
    let healths = probe.health();
    assert!(healths.iter().all(|health| !health.is_required()));
    let stop = CancellationToken::new();
    let probing = tokio::spawn(probe.run(stop.clone()));
    eventually("both are up", async || healths.iter().all(is_up)).await;
    let before: Vec<_> = healths.iter().map(Health::last_success).collect();
    eventually("both succeed again", async || {
        let now = healths.iter().map(Health::last_success);
        now.zip(&before).all(|(now, before)| now > *before)
    })
    .await;
    stop.cancel();
    probing.await.unwrap();
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_both_are_down_and_say_why() {
    let stack = Stack::new().await;
    let mut kafka = stack.kafka.clone();
    // Nobody listens on the discard port.
    kafka.brokers = "127.0.0.1:9".to_owned();
    kafka.probe = ProbeOptions {
        interval: Duration::from_millis(100),
        timeout: Duration::from_millis(200),
        max_age: Duration::from_millis(100),
    };
    let probe = Probe::new("test", &kafka);
    let healths = probe.health();
    let stop = CancellationToken::new();
    let probing = tokio::spawn(probe.run(stop.clone()));
    eventually("both are down", async || {
        let is_down = |health: &Health| matches!(health.condition().0, Condition::Down(why) if !why.is_empty());
        healths.iter().all(is_down)
    })
    .await;
    stop.cancel();
    probing.await.unwrap();
    stack.finish().await;
}
