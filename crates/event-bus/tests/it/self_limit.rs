//! A consumer of which too much fails stops instead of parking everything.

use nova_event_bus::{Consumer, ConsumerOptions, FailureLimit, list_dead_letters};
use nova_resilience::{Code, Condition};
use nova_testkit::{Stack, eventually};

use crate::door::Door;
use crate::recorder::{Member, database, effects, post};

const EVENTS: usize = 200;
const LIMIT: FailureLimit = FailureLimit {
    window: 40,
    failures: 20,
    share: 0.5,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_whose_events_all_fail_stops_and_says_so_and_goes_on_when_it_is_mended() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let door = Door::default();
    for number in 0..EVENTS {
        let name = number.to_string();
        door.refuse(&name, Code::Invalid);
        stack.publish(&post(&name, &name)).await;
    }
    let options = ConsumerOptions {
        failure_limit: Some(LIMIT),
        ..ConsumerOptions::default()
    };
    let consumer: Consumer = door
        .once("limited", &stack.kafka, &pool)
        .options(options.clone());
    let health = consumer.health();
    let progress = health
        .iter()
        .find(|health| health.name() == "limited.progress");
    let progress = progress.unwrap().clone();
    let member = Member::start(consumer);
    eventually("it says that it has stopped", async || {
        match progress.condition().0 {
            Condition::Down(why) if why.contains("too many events fail") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    let parked = list_dead_letters(&pool, 1_000).await.unwrap().len();
    assert!(parked < LIMIT.failures as usize, "{parked}");
    member.leave().await;

    door.mend();
    let member = Member::start(door.once("limited", &stack.kafka, &pool).options(options));
    eventually("what was not parked is handled", async || {
        let seen = effects(&pool).await.len();
        if seen == EVENTS - parked {
            Ok(())
        } else {
            Err(seen)
        }
    })
    .await;
    let after = list_dead_letters(&pool, 1_000).await.unwrap().len();
    assert_eq!(after, parked);
    member.leave().await;
    stack.finish().await;
}
