//! From the topic to the effect.

use std::sync::atomic::Ordering;

use nova_ids::EventId;
use nova_testkit::{Stack, eventually};

use crate::recorder::{Recorder, Trouble, database, effects, effects_of, post};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_delivered_twice_takes_effect_once() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let recorder = Recorder::default();
    let id = EventId::new();
    // Twice in one delivery, and once more when the first two are long handled.
    stack.publish_as(id, &post("a", "1")).await;
    stack.publish_as(id, &post("a", "1")).await;
    let member = recorder.consume(&stack.kafka, &pool);
    eventually("it is handled", async || !effects(&pool).await.is_empty()).await;
    stack.publish_as(id, &post("a", "1")).await;
    stack.publish(&post("a", "2")).await;
    eventually("the last one is handled", async || {
        effects(&pool).await.len() >= 2
    })
    .await;
    assert_eq!(effects_of(&pool, "a").await, ["1", "2"]);
    member.leave().await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_consumer_goes_on_where_it_stopped() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let recorder = Recorder::default();
    for round in 0..3 {
        let member = recorder.consume(&stack.kafka, &pool);
        stack.publish(&post("a", &round.to_string())).await;
        eventually("it is handled", async || {
            effects(&pool).await.len() == round + 1
        })
        .await;
        member.leave().await;
    }
    assert_eq!(effects_of(&pool, "a").await, ["0", "1", "2"]);
    // The offsets were committed: nothing was delivered again, so nothing ran again.
    assert_eq!(recorder.runs.load(Ordering::SeqCst), 3);
    assert_eq!(recorder.afters.load(Ordering::SeqCst), 3);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passing_failure_is_tried_again_and_leaves_one_effect_in_order() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let recorder = Recorder::default();
    recorder.trouble("2", Trouble::Passing(3));
    for number in 1..=3 {
        stack.publish(&post("a", &number.to_string())).await;
    }
    let member = recorder.consume(&stack.kafka, &pool);
    eventually("all are handled", async || effects(&pool).await.len() >= 3).await;
    assert_eq!(effects_of(&pool, "a").await, ["1", "2", "3"]);
    assert!(
        nova_event_bus::list_dead_letters(&pool, 10)
            .await
            .unwrap()
            .is_empty()
    );
    member.leave().await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_wait_for_the_database_however_often_it_goes_away() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let recorder = Recorder::default();
    let member = recorder.consume(&stack.kafka, &pool);
    for number in 0..200 {
        stack.publish(&post("a", &number.to_string())).await;
        if number % 20 == 0 {
            let mut own = pool.acquire().await.unwrap().detach();
            sqlx::query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .execute(&mut own)
            .await
            .unwrap();
        }
    }
    let expected: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    eventually("all are handled once and in order", async || {
        let query = sqlx::query_scalar("SELECT value FROM effects ORDER BY id");
        let seen: Vec<String> = query
            .fetch_all(&pool)
            .await
            .map_err(|error| error.to_string())?;
        if seen == expected {
            Ok(())
        } else {
            Err(format!("{} of them", seen.len()))
        }
    })
    .await;
    assert!(
        nova_event_bus::list_dead_letters(&pool, 10)
            .await
            .unwrap()
            .is_empty()
    );
    member.leave().await;
    stack.finish().await;
}
