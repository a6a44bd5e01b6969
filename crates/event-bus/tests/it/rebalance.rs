//! Members come and go: nothing is lost, doubled or out of order, under both group protocols.

use std::collections::HashMap;

use nova_event_bus::{GroupProtocol, KafkaConfig};
use nova_testkit::{Stack, within};

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
    let limit = std::time::Duration::from_secs(60);
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
