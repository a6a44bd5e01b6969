//! What heals without a hand.

use std::time::Duration;

use nova_event_bus::dead_letter::{self, Again, Selection};
use nova_event_bus::{Consumer, ConsumerOptions, FailureLimit, list_dead_letters};
use nova_resilience::{Backoff, Code, Condition};
use nova_testkit::{Stack, eventually};
use sqlx::PgPool;

use crate::door::Door;
use crate::recorder::{Member, database, effects, effects_of, post};
use crate::replays::letters;

/// Options with which it takes moments until something parks, and until it goes again.
pub(crate) fn quick(build: &str) -> ConsumerOptions {
    let wait = |millis| Duration::from_millis(millis);
    ConsumerOptions {
        patience: wait(100),
        backoff: Backoff::new(wait(10), wait(50)).unwrap(),
        replay_backoff: Backoff::new(wait(200), wait(1_000)).unwrap(),
        breaker: None,
        build: build.to_owned(),
        ..ConsumerOptions::default()
    }
}

async fn are_written_down(pool: &PgPool, key: &str, expected: &[&str]) {
    eventually("they are there in order", async || {
        let seen = effects_of(pool, key).await;
        if seen == expected { Ok(()) } else { Err(seen) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_goes_again_by_itself_and_in_order() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let door = Door::default();
    door.refuse("2", Code::Unavailable);
    for content in ["1", "2", "3"] {
        stack.publish(&post("a", content)).await;
    }
    let consumer = door
        .once("passing", &stack.kafka, &pool)
        .options(quick("1"));
    let member = Member::start(consumer);
    letters(&pool, 2).await;
    let group = dead_letter::groups(&pool, &Selection::All, 10)
        .await
        .unwrap();
    assert!(matches!(group[0].again, Again::At { .. }), "{group:?}");
    // It is tried again and again.
    let tries = door.runs_of("2");
    eventually("it was replayed some times", async || {
        let letters = list_dead_letters(&pool, 10).await.unwrap();
        letters.iter().any(|letter| letter.replays > 2)
    })
    .await;
    assert!(door.runs_of("2") > tries);
    assert_eq!(effects_of(&pool, "a").await, ["1"]);
    door.mend();
    are_written_down(&pool, "a", &["1", "2", "3"]).await;
    letters(&pool, 0).await;
    member.leave().await;
    let audit = dead_letter::audit(&pool, 10).await.unwrap();
    assert!(
        audit
            .iter()
            .any(|entry| entry.actor == "automatic" && entry.letters > 0),
        "{audit:?}"
    );
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_for_good_goes_with_the_next_build() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let door = Door::default();
    door.refuse("1", Code::Invalid);
    for content in ["1", "2"] {
        stack.publish(&post("a", content)).await;
    }
    let consumer = |build: &str| {
        door.once("built", &stack.kafka, &pool)
            .options(quick(build))
    };
    let member = Member::start(consumer("1"));
    letters(&pool, 2).await;
    member.leave().await;
    let group = dead_letter::groups(&pool, &Selection::All, 10)
        .await
        .unwrap();
    assert_eq!(group[0].again, Again::NewBuild);

    // A build that mends nothing tries it once and no more.
    let tries = door.runs_of("1");
    let member = Member::start(consumer("2"));
    eventually("it is tried", async || door.runs_of("1") > tries).await;
    eventually("it waits for the next build", async || {
        let group = dead_letter::groups(&pool, &Selection::All, 10)
            .await
            .unwrap();
        group[0].again == Again::NewBuild && group[0].replays == 1
    })
    .await;
    member.leave().await;

    // A group that is held is not tried.
    let print = group[0].fingerprint.clone().unwrap();
    assert!(dead_letter::hold(&pool, &print, "ada").await.unwrap());
    door.mend();
    let member = Member::start(consumer("3"));
    eventually("it is seen as held", async || {
        let group = dead_letter::groups(&pool, &Selection::All, 10)
            .await
            .unwrap();
        group[0].again == Again::Held
    })
    .await;
    stack.publish(&post("b", "other")).await;
    are_written_down(&pool, "b", &["other"]).await;
    assert_eq!(effects_of(&pool, "a").await, [""; 0]);
    assert!(dead_letter::release(&pool, &print, "ada").await.unwrap());
    are_written_down(&pool, "a", &["1", "2"]).await;
    letters(&pool, 0).await;
    member.leave().await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dependency_that_is_away_for_all_parks_nothing_and_stops_nobody() {
    const KEYS: usize = 50;
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let door = Door::default();
    for number in 0..KEYS {
        let name = number.to_string();
        door.refuse(&name, Code::Unavailable);
        stack.publish(&post(&name, &name)).await;
    }
    let options = ConsumerOptions {
        breaker: ConsumerOptions::default().breaker,
        // Without a breaker each key would be parked by then, and the consumer stopped.
        patience: Duration::from_secs(2),
        failure_limit: Some(FailureLimit {
            window: 10,
            failures: 5,
            share: 0.1,
        }),
        ..quick("1")
    };
    let consumer: Consumer = door.once("away", &stack.kafka, &pool).options(options);
    let health = consumer.health();
    let member = Member::start(consumer);
    // Long enough for each to have been parked: the breaker opens, and is tried some times.
    eventually("the breaker has let some through", async || {
        door.runs().len() > KEYS + 40
    })
    .await;
    assert_eq!(list_dead_letters(&pool, 100).await.unwrap().len(), 0);
    door.mend();
    eventually("all are handled", async || {
        let seen = effects(&pool).await.len();
        if seen == KEYS { Ok(()) } else { Err(seen) }
    })
    .await;
    assert_eq!(list_dead_letters(&pool, 100).await.unwrap().len(), 0);
    for line in health {
        assert!(
            !matches!(line.condition().0, Condition::Down(_)),
            "{line:?}"
        );
    }
    member.leave().await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transient_failures_do_not_stop_a_consumer() {
    const KEYS: usize = 40;
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let door = Door::default();
    for number in 0..KEYS {
        let name = number.to_string();
        door.refuse(&name, Code::Timeout);
        stack.publish(&post(&name, &name)).await;
    }
    let options = ConsumerOptions {
        failure_limit: Some(FailureLimit {
            window: 10,
            failures: 5,
            share: 0.1,
        }),
        ..quick("1")
    };
    let consumer = door.once("unstopped", &stack.kafka, &pool).options(options);
    let member = Member::start(consumer);
    letters(&pool, KEYS).await;
    door.mend();
    letters(&pool, 0).await;
    assert_eq!(effects(&pool).await.len(), KEYS);
    member.leave().await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_keys_are_replayed_at_once_and_a_hot_one_is_caught_up_with() {
    const KEYS: usize = 40;
    const HOT: usize = 600;
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let door = Door::default();
    for number in 0..KEYS {
        let name = number.to_string();
        door.refuse(&name, Code::Invalid);
        stack.publish(&post(&name, &name)).await;
    }
    door.refuse("hot 0", Code::Invalid);
    for number in 0..HOT {
        stack.publish(&post("hot", &format!("hot {number}"))).await;
    }
    // Outside of transactions there are many turns.
    let consumer = door
        .at_least_once("hot", &stack.kafka, &pool)
        .options(quick("1"));
    let member = Member::start(consumer);
    letters(&pool, KEYS + HOT).await;
    door.mend();
    for number in 0..KEYS {
        door.hold(&number.to_string());
    }
    let before = door.runs().len();
    crate::replays::ask(&pool).await;
    // None of them ends, and yet all are begun.
    eventually("all are in hand", async || {
        let begun = door.runs().split_off(before);
        (0..KEYS).all(|number| begun.contains(&number.to_string()))
    })
    .await;
    for number in 0..KEYS {
        door.release(&number.to_string());
    }
    letters(&pool, 0).await;
    let hot: Vec<String> = door.runs().split_off(before);
    let hot: Vec<&String> = hot.iter().filter(|run| run.starts_with("hot")).collect();
    let expected: Vec<String> = (0..HOT).map(|number| format!("hot {number}")).collect();
    assert!(hot.into_iter().eq(&expected));
    assert_eq!(door.overlaps(), 0);
    member.leave().await;
    stack.finish().await;
}
