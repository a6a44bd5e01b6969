//! Dead letters and replays.

use nova_event_bus::{ConsumerOptions, GroupProtocol, list_dead_letters};
use nova_resilience::{Code, Condition};
use nova_testkit::eventually;

use super::Scene;
use crate::counters;
use crate::recorder::{Member, effects_of, post};
use crate::replays::{ask, letters};

/// getsentry/arroyo #431: payloads in flight were kept in memory for the sake of the dead-letter queue.
#[tokio::test(flavor = "multi_thread")]
async fn payloads_were_kept_in_memory_for_the_sake_of_the_dead_letters() {
    const IN_FLIGHT: usize = 120;
    const LETTERS: i64 = 3_000;
    let scene = Scene::new(GroupProtocol::Classic).await;
    let (group, door) = ("forgetting", &scene.door);
    door.refuse("poison", Code::Invalid);
    scene.stack.publish(&post("a", "poison")).await;
    let options = ConsumerOptions {
        in_flight: IN_FLIGHT,
        ..ConsumerOptions::default()
    };
    let consumer = door.at_least_once(group, &scene.kafka, &scene.pool);
    let member = Member::start(consumer.options(options));
    let in_flight = || counters::values("nova_consumer_in_flight", group);
    letters(&scene.pool, 1).await;
    let before = in_flight().len();
    let mut published: i64 = 0;
    // Until memory was looked at twice while letters came in.
    while published < LETTERS || in_flight().len() < before + 2 {
        scene.stack.publish(&post("a", "behind")).await;
        published += 1;
    }
    eventually("all are parked", async || {
        let count = "SELECT count(*) FROM dead_letters";
        let count: i64 = sqlx::query_scalar(count)
            .fetch_one(&scene.pool)
            .await
            .unwrap();
        if count == published + 1 {
            Ok(())
        } else {
            Err(count)
        }
    })
    .await;
    let most = in_flight().into_iter().fold(0.0, f64::max);
    assert!(most <= IN_FLIGHT as f64, "{most}");
    assert_eq!(door.runs(), ["poison"]);
    member.leave().await;
    scene.stack.finish().await;
}

/// EventStore/EventStore #3696.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_looped_for_ever() {
    let scene = Scene::new(GroupProtocol::Classic).await;
    let (group, door) = ("looping", &scene.door);
    for key in ["a", "b"] {
        door.refuse(key, Code::Invalid);
        scene.stack.publish(&post(key, key)).await;
    }
    let member = Member::start(door.once(group, &scene.kafka, &scene.pool));
    letters(&scene.pool, 2).await;
    // Whoever loops on the first never comes to the second, or comes to the first again meanwhile.
    for round in 1..=3 {
        ask(&scene.pool).await;
        eventually(
            "both have failed again and wait for the next request",
            async || {
                let waiting: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM dead_letters JOIN parked_sequences USING (topic, sequence)
                 WHERE replays = $1 AND replay_requested_at IS NULL",
            )
            .bind(round)
            .fetch_one(&scene.pool)
            .await
            .unwrap();
                waiting == 2
            },
        )
        .await;
        for key in ["a", "b"] {
            // Once with the other in one transaction, and then alone.
            let runs = door.runs_of(key);
            assert!(runs <= 2 + 2 * round as usize, "{runs}");
        }
    }
    door.mend();
    ask(&scene.pool).await;
    letters(&scene.pool, 0).await;
    for key in ["a", "b"] {
        assert_eq!(effects_of(&scene.pool, key).await, [key]);
    }
    member.leave().await;
    scene.stack.finish().await;
}

/// spring-cloud/spring-cloud-stream #1928.
#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_stopped_after_one_error_and_said_nothing() {
    let scene = Scene::new(GroupProtocol::Classic).await;
    let (group, door) = ("going-on", &scene.door);
    let codes = [
        Code::Invalid,
        Code::Unauthenticated,
        Code::Forbidden,
        Code::NotFound,
        Code::Conflict,
        Code::Internal,
    ];
    let consumer = door.once(group, &scene.kafka, &scene.pool);
    let health = consumer.health();
    let member = Member::start(consumer);
    for (number, code) in codes.into_iter().enumerate() {
        let failing = format!("failing {number}");
        door.refuse(&failing, code);
        // Of one partition: the next of another key is behind it there, or in another lane.
        scene.stack.publish(&post(&failing, &failing)).await;
        letters(&scene.pool, number + 1).await;
        let well = format!("well {number}");
        scene.stack.publish(&post(&well, &well)).await;
        eventually("the next is handled", async || {
            effects_of(&scene.pool, &well).await == [&*well]
        })
        .await;
    }
    let letters = list_dead_letters(&scene.pool, 10).await.unwrap();
    assert_eq!(letters.len(), codes.len());
    for health in health {
        assert_eq!(health.condition().0, Condition::Up, "{}", health.name());
    }
    member.leave().await;
    scene.stack.finish().await;
}
