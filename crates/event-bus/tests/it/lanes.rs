//! Keys of one partition: at the same time, and finished apart from each other.

use std::sync::Arc;
use std::time::Duration;

use nova_event_bus::{
    Consumer, ConsumerOptions, GroupProtocol, KafkaConfig, Record, Router, Topic, create_topics,
};
use nova_testkit::{Stack, eventually};
use sqlx::PgPool;
use tokio::sync::Barrier;

use crate::counters;
use crate::door::Door;
use crate::recorder::{Member, Told, database};

const NARROW: Topic = Topic::new("narrow", 1);
const KEYS: usize = 100;

async fn narrow_stack(protocol: GroupProtocol) -> (Stack, KafkaConfig, PgPool) {
    let stack = Stack::new().await;
    create_topics(&stack.kafka, &[NARROW], 1).await.unwrap();
    let pool = database(&stack).await;
    let kafka = KafkaConfig {
        group_protocol: protocol,
        ..stack.kafka.clone()
    };
    (stack, kafka, pool)
}

async fn produce(stack: &Stack, key: &str, content: &str) {
    let (key, content) = (key.as_bytes(), content.as_bytes());
    stack
        .produce(NARROW.name, Some(key), Some(content), &[])
        .await;
}

async fn wait_for_all(barrier: &Arc<Barrier>, _: &Record) -> Result<(), Told> {
    barrier.wait().await;
    Ok(())
}

/// With one thread per partition the first would wait for the others for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_keys_of_one_partition_are_handled_at_the_same_time() {
    let (stack, kafka, pool) = narrow_stack(GroupProtocol::Classic).await;
    let barrier = Arc::new(Barrier::new(KEYS + 1));
    let router = Router::new("together", Arc::clone(&barrier)).records(NARROW.name, wait_for_all);
    let member = Member::start(Consumer::new(&kafka, pool, router));
    for key in 0..KEYS {
        produce(&stack, &key.to_string(), "").await;
    }
    let all = tokio::time::timeout(Duration::from_secs(30), barrier.wait());
    all.await.unwrap();
    member.leave().await;
    stack.finish().await;
}

async fn only_unfinished_ones_run_again(group: &'static str, protocol: GroupProtocol) {
    counters::record();
    let (stack, kafka, pool) = narrow_stack(protocol).await;
    let door = Door::default();
    door.hold("stuck");
    produce(&stack, "stuck", "stuck").await;
    produce(&stack, "stuck", "behind").await;
    for number in 0..KEYS {
        produce(&stack, &number.to_string(), &number.to_string()).await;
    }
    let options = ConsumerOptions {
        drain: Duration::from_millis(200),
        ..ConsumerOptions::default()
    };
    let consumer = || {
        let consumer = door.records(group, NARROW.name, &kafka, &pool);
        Member::start(consumer.options(options.clone()))
    };
    let member = consumer();
    eventually("all but one are done", async || {
        let runs = door.runs();
        if runs.len() == KEYS + 1 {
            Ok(())
        } else {
            Err(runs.len())
        }
    })
    .await;
    member.leave().await;
    door.release("stuck");

    let member = consumer();
    eventually("what was behind is done", async || {
        door.runs_of("behind") > 0
    })
    .await;
    // It is the last that the partition has for this consumer: what would run again would have by then.
    produce(&stack, "last", "last").await;
    door.entered("last").await;
    assert_eq!(door.runs_of("stuck"), 2);
    assert_eq!(door.runs().len(), KEYS + 4, "{:?}", door.runs());
    assert_eq!(
        counters::count("nova_events_repeated_total", group),
        KEYS as u64
    );
    assert_eq!(counters::count("nova_consumer_violations_total", group), 0);
    member.leave().await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_only_what_was_not_finished_runs_again_in_a_classic_group() {
    only_unfinished_ones_run_again("restarted-classic", GroupProtocol::Classic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_only_what_was_not_finished_runs_again_in_a_consumer_group() {
    only_unfinished_ones_run_again("restarted-consumer", GroupProtocol::Consumer).await;
}
