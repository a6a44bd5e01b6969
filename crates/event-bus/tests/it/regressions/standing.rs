//! Standing still, and beginning.

use std::time::Duration;

use nova_event_bus::{
    Consumer, ConsumerOptions, GroupProtocol, KafkaConfig, Router, Topic, create_topics,
};
use nova_proto::content::v1::PostCreated;
use nova_resilience::Condition;
use nova_testkit::eventually;

use super::Scene;
use crate::door::{visit, visit_record};
use crate::recorder::{Member, post};

/// dunglas/mercure #758.
#[tokio::test(flavor = "multi_thread")]
async fn health_said_all_is_well_while_everything_was_stuck() {
    let scene = Scene::new(GroupProtocol::Classic).await;
    let (group, door) = ("stuck", &scene.door);
    door.hold("stuck");
    let options = ConsumerOptions {
        stuck_after: Duration::from_secs(1),
        ..ConsumerOptions::default()
    };
    let consumer = door.at_least_once(group, &scene.kafka, &scene.pool);
    let health = consumer.health();
    let progress = health
        .iter()
        .find(|health| health.name() == "stuck.progress");
    let progress = progress.unwrap().clone();
    let member = Member::start(consumer.options(options));
    scene.stack.publish(&post("a", "well")).await;
    door.entered("well").await;
    assert_eq!(progress.condition().0, Condition::Up);
    scene.stack.publish(&post("a", "stuck")).await;
    eventually("it says that it is stuck", async || {
        matches!(progress.condition().0, Condition::Down(_))
    })
    .await;
    door.release("stuck");
    eventually("it says that it gets on", async || {
        progress.condition().0 == Condition::Up
    })
    .await;
    member.leave().await;
    scene.stack.finish().await;
}

/// aklivity/zilla #1628.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_was_served_until_every_partition_was_ready() {
    const LATE: Topic = Topic::new("late-topic", 2);
    let scene = Scene::new(GroupProtocol::Classic).await;
    let kafka = KafkaConfig {
        // A topic that is new is found within half a second, not within half a minute.
        properties: vec![(
            "topic.metadata.refresh.interval.ms".to_owned(),
            "500".to_owned(),
        )],
        ..scene.kafka.clone()
    };
    let router = Router::new("early", scene.door.clone())
        .at_least_once::<PostCreated>(visit)
        .records(LATE.name, visit_record);
    let member = Member::start(Consumer::new(&kafka, scene.pool.clone(), router));
    // One of its topics is not there, and another's first partition gets nowhere.
    scene.door.hold("stuck");
    scene.stack.publish(&post("stuck", "stuck")).await;
    scene.door.entered("stuck").await;
    for key in 0..24 {
        scene.stack.publish(&post(&key.to_string(), "others")).await;
    }
    eventually("the others are served", async || {
        scene.door.runs_of("others") == 24
    })
    .await;
    create_topics(&kafka, &[LATE], 1).await.unwrap();
    scene
        .stack
        .produce(LATE.name, Some(b"a"), Some(b"late"), &[])
        .await;
    scene.door.entered("late").await;
    scene.door.release("stuck");
    member.leave().await;
    scene.stack.finish().await;
}
