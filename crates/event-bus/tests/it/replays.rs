//! Parked keys on their way back.

use nova_event_bus::dead_letter::{Selection, request_replay};
use nova_event_bus::{GroupProtocol, KafkaConfig, list_dead_letters};
use nova_resilience::Code;
use nova_testkit::{Stack, eventually};
use sqlx::PgPool;

use crate::counters;
use crate::door::Door;
use crate::recorder::{Member, database, effects_of, post};

pub(crate) async fn ask(pool: &PgPool) {
    let asked = request_replay(pool, &Selection::All, "a test", false).await;
    assert!(asked.unwrap().keys > 0);
}

pub(crate) async fn letters(pool: &PgPool, count: usize) {
    eventually(&format!("there are {count} letters"), async || {
        let letters = list_dead_letters(pool, 1_000).await.unwrap().len();
        if letters == count {
            Ok(())
        } else {
            Err(letters)
        }
    })
    .await;
}

async fn publish(stack: &Stack, numbers: std::ops::RangeInclusive<u32>) {
    for number in numbers {
        stack.publish(&post("a", &number.to_string())).await;
    }
}

pub(crate) async fn written_down(pool: &PgPool, last: u32) {
    let expected: Vec<String> = (1..=last).map(|number| number.to_string()).collect();
    eventually("all are there in order", async || {
        let seen = effects_of(pool, "a").await;
        if seen == expected { Ok(()) } else { Err(seen) }
    })
    .await;
}

async fn is_parked(pool: &PgPool) -> bool {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM parked_sequences)")
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn order_is_restored(group: &'static str, protocol: GroupProtocol) {
    counters::record();
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let kafka = KafkaConfig {
        group_protocol: protocol,
        ..stack.kafka.clone()
    };
    let door = Door::default();
    door.refuse("2", Code::Invalid);
    publish(&stack, 1..=5).await;
    let member = Member::start(door.once(group, &kafka, &pool));
    letters(&pool, 4).await;
    written_down(&pool, 1).await;

    door.mend();
    ask(&pool).await;
    written_down(&pool, 5).await;
    eventually("the key is not parked", async || !is_parked(&pool).await).await;
    publish(&stack, 6..=7).await;
    written_down(&pool, 7).await;
    letters(&pool, 0).await;
    assert!(!is_parked(&pool).await);
    assert_eq!(counters::count("nova_consumer_violations_total", group), 0);
    member.leave().await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_restores_the_order_and_the_key_flows_again_in_a_classic_group() {
    order_is_restored("restored-classic", GroupProtocol::Classic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_restores_the_order_and_the_key_flows_again_in_a_consumer_group() {
    order_is_restored("restored-consumer", GroupProtocol::Consumer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_arrive_during_a_replay_queue_behind_it() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let door = Door::default();
    door.refuse("2", Code::Invalid);
    publish(&stack, 1..=3).await;
    let member = Member::start(door.once("queueing", &stack.kafka, &pool));
    letters(&pool, 2).await;

    door.mend();
    door.hold("3");
    ask(&pool).await;
    door.entered("3").await;
    publish(&stack, 4..=9).await;
    // All that came is behind: what the replay has in hand is taken out only when it is done.
    eventually("they are parked behind", async || {
        let letters = list_dead_letters(&pool, 100).await.unwrap();
        let behind = letters.iter().filter(|letter| !letter.failed).count();
        if behind >= 7 { Ok(()) } else { Err(behind) }
    })
    .await;
    assert_eq!(door.runs_of("4"), 0);
    door.release("3");
    written_down(&pool, 9).await;
    letters(&pool, 0).await;
    member.leave().await;
    stack.finish().await;
}
