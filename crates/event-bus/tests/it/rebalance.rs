//! Members come and go: nothing is lost, doubled or out of order, under both group protocols.

use std::collections::HashMap;
use std::time::Duration;

use futures::future::join_all;
use nova_event_bus::{GroupProtocol, KafkaConfig};
use nova_testkit::{Stack, eventually, seed, within};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::time::sleep;

use crate::recorder::{Recorder, database, effects, post};

const KEYS: usize = 20;
const ROUNDS: usize = 60;

async fn members_come_and_go(protocol: GroupProtocol) {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let kafka = KafkaConfig {
        group_protocol: protocol,
        ..stack.kafka.clone()
    };
    let recorder = Recorder::default();
    let mut members = vec![recorder.consume(&kafka, &pool)];
    for round in 0..ROUNDS {
        for key in 0..KEYS {
            stack
                .publish(&post(&key.to_string(), &round.to_string()))
                .await;
        }
        match round {
            10 | 20 => members.push(recorder.consume(&kafka, &pool)),
            30 | 40 => members.remove(0).leave().await,
            50 => members.push(recorder.consume(&kafka, &pool)),
            _ => {}
        }
    }
    let limit = Duration::from_secs(60);
    within(limit, "every event is handled", async || {
        let count = effects(&pool).await.len();
        if count >= KEYS * ROUNDS {
            Ok(())
        } else {
            Err(count)
        }
    })
    .await;
    let mut of_key: HashMap<String, Vec<String>> = HashMap::new();
    for (key, value) in effects(&pool).await {
        of_key.entry(key).or_default().push(value);
    }
    let expected: Vec<String> = (0..ROUNDS).map(|round| round.to_string()).collect();
    assert_eq!(of_key.len(), KEYS);
    for (key, values) in of_key {
        assert_eq!(values, expected, "key {key}");
    }
    for member in members {
        member.leave().await;
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_classic_protocol() {
    members_come_and_go(GroupProtocol::Classic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_consumer_protocol() {
    members_come_and_go(GroupProtocol::Consumer).await;
}

/// A client that is closed while its group gives it partitions is the one that may hang (librdkafka's issue 4884).
#[tokio::test(flavor = "multi_thread")]
async fn members_that_leave_before_they_have_joined_end() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let mut random = StdRng::seed_from_u64(seed());
    let recorder = Recorder::default();
    let mut moment = || sleep(Duration::from_millis(random.random_range(0..1_500)));
    let members = (0..2 * KEYS).map(|_| {
        let (come, go) = (moment(), moment());
        let (recorder, kafka, pool) = (&recorder, &stack.kafka, &pool);
        async move {
            come.await;
            let member = recorder.consume(kafka, pool);
            go.await;
            member.leave().await;
        }
    });
    join_all(members).await;
    stack.publish(&post("a", "handled")).await;
    let last = recorder.consume(&stack.kafka, &pool);
    eventually("whoever comes then handles it", async || {
        !effects(&pool).await.is_empty()
    })
    .await;
    last.leave().await;
    stack.finish().await;
}
