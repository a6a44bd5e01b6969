//! From the transaction to the topic.

use nova_event_bus::{KafkaConfig, Outbox, Probe, Relay, Tables, header};
use nova_proto::content::v1::PostCreated;
use nova_testkit::{Published, Stack, eventually};
use sqlx::PgPool;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::recorder::{database, post};

mod half_dead;
mod refused;
mod regressions;
mod schemas;

const OUTBOX: Outbox = Outbox::new("test");

fn relay(kafka: &KafkaConfig, tables: impl Into<Tables>) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    let relay = Relay::new("test", tables, kafka);
    (stop.clone(), tokio::spawn(relay.run(stop)))
}

async fn published(stack: &Stack, count: usize) -> Vec<Published<PostCreated>> {
    eventually(&format!("{count} events are on the topic"), async || {
        let events = stack.published::<PostCreated>().await;
        if events.len() >= count {
            Ok(events)
        } else {
            Err(events.len())
        }
    })
    .await
}

async fn append(pool: &PgPool, key: &str, content: &str) {
    let mut tx = pool.begin().await.unwrap();
    OUTBOX.append(&mut tx, &post(key, content)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn rows(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM outbox")
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn emptied(pool: &PgPool) {
    eventually("the outbox is empty", async || match rows(pool).await {
        0 => Ok(()),
        left => Err(left),
    })
    .await;
}

fn contents<'a>(events: &'a [Published<PostCreated>], key: &str) -> Vec<&'a str> {
    let of_key = events.iter().filter(|event| event.key == key);
    of_key.map(|event| event.content.as_str()).collect()
}

async fn stopped((stop, task): (CancellationToken, JoinHandle<()>)) {
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commits_is_published_in_order_per_key_and_what_rolls_back_is_not() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let relay = relay(&stack.kafka, &pool);
    for number in 0..50 {
        let mut tx = pool.begin().await.unwrap();
        let events: Vec<_> = ["a", "b"].map(|key| post(key, &number.to_string())).into();
        OUTBOX.append_all(&mut tx, &events).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = pool.begin().await.unwrap();
        OUTBOX
            .append(&mut tx, &post("a", "rolled back"))
            .await
            .unwrap();
        tx.rollback().await.unwrap();
    }
    let events = published(&stack, 100).await;
    assert_eq!(events.len(), 100);
    for key in ["a", "b"] {
        let of_key: Vec<_> = events.iter().filter(|event| event.key == key).collect();
        let numbers: Vec<String> = of_key.iter().map(|event| event.content.clone()).collect();
        assert_eq!(
            numbers,
            (0..50).map(|number| number.to_string()).collect::<Vec<_>>()
        );
    }
    stopped(relay).await;
    assert_eq!(rows(&pool).await, 0, "the outbox cleans up after itself");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_a_cloud_event() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let relay = relay(&stack.kafka, &pool);
    append(&pool, "key", "content").await;
    let [event] = published(&stack, 1).await.try_into().unwrap();
    let header = |name| {
        let found = event.headers.iter().find(|(key, _)| key == name);
        found.map_or("absent", |(_, value)| value.as_str())
    };
    assert_eq!(header(header::SPEC_VERSION), "1.0");
    assert_eq!(header(header::SOURCE), "/nova/test");
    assert_eq!(header(header::TYPE), "nova.content.v1.PostCreated");
    assert_eq!(header(header::PARTITION_KEY), "key");
    assert_eq!(header(header::DATA_VERSION), "1.1");
    assert_eq!(header(header::CONTENT_TYPE), "application/protobuf");
    assert_eq!(header(header::CORRELATION), header(header::ID));
    assert_eq!(header(header::CAUSATION), "absent");
    assert!(
        header(header::TIME).ends_with('Z'),
        "{}",
        header(header::TIME)
    );
    assert!(header(header::ID).parse::<nova_ids::EventId>().is_ok());
    stopped(relay).await;
    stack.finish().await;
}

/// `ThreeDotsLabs/watermill` #311, `SQLStreamStore` #121: an outbox read by sequence number skipped
/// rows of transactions that committed late.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_commits_late_is_not_missed() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let relay = relay(&stack.kafka, &pool);
    for round in 0..10 {
        let mut early = pool.begin().await.unwrap();
        OUTBOX
            .append(&mut early, &post("early", &round.to_string()))
            .await
            .unwrap();
        append(&pool, "late", &round.to_string()).await;
        // The later row id is on the topic, so the relay has read past the earlier one.
        published(&stack, 2 * round + 1).await;
        early.commit().await.unwrap();
        published(&stack, 2 * round + 2).await;
    }
    stopped(relay).await;
    stack.finish().await;
}

/// The transaction with the lower id appends later and commits first, so that the snapshot ends below the
/// one that is still open; and it stays open for longer than the relay takes to forget rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_commits_very_late_is_not_missed() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let relay = relay(&stack.kafka, &pool);
    let mut first = pool.begin().await.unwrap();
    sqlx::query("SELECT pg_current_xact_id()")
        .execute(&mut *first)
        .await
        .unwrap();
    let mut late = pool.begin().await.unwrap();
    OUTBOX.append(&mut late, &post("late", "0")).await.unwrap();
    OUTBOX
        .append(&mut first, &post("first", "0"))
        .await
        .unwrap();
    first.commit().await.unwrap();
    // Enough for several looks back, each of which sees its predecessors' transactions end.
    for number in 0..20 {
        append(&pool, "other", &number.to_string()).await;
        published(&stack, number + 2).await;
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    }
    late.commit().await.unwrap();
    assert_eq!(published(&stack, 22).await.len(), 22);
    stopped(relay).await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_holds_while_kafka_is_away() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let mut nowhere = stack.kafka.clone();
    nowhere.brokers = "127.0.0.1:1".to_owned();
    let dead = Relay::new("test", pool.clone(), &nowhere);
    let probe = Probe::new("test", &nowhere);
    let health = probe.health();
    let stop = CancellationToken::new();
    let task = tokio::spawn(dead.run(stop.clone()));
    append(&pool, "a", "held").await;
    let probing = tokio::spawn(probe.run(stop.clone()));
    eventually("the health says that kafka is away", async || {
        health
            .iter()
            .any(|part| matches!(part.condition().0, nova_resilience::Condition::Down(_)))
    })
    .await;
    assert_eq!(rows(&pool).await, 1);
    stop.cancel();
    task.await.unwrap();
    probing.await.unwrap();
    let alive = relay(&stack.kafka, &pool);
    published(&stack, 1).await;
    stopped(alive).await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_relay_is_active_and_another_takes_over() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let first = relay(&stack.kafka, &pool);
    append(&pool, "a", "1").await;
    published(&stack, 1).await;
    let second = relay(&stack.kafka, &pool);
    append(&pool, "a", "2").await;
    assert_eq!(published(&stack, 2).await.len(), 2);
    stopped(first).await;
    append(&pool, "a", "3").await;
    assert_eq!(published(&stack, 3).await.len(), 3);
    stopped(second).await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_connection_does_not_stop_the_relay() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let relay = relay(&stack.kafka, &pool);
    append(&pool, "a", "1").await;
    published(&stack, 1).await;
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&pool)
    .await
    .unwrap();
    eventually("there is a connection again", async || {
        let mut tx = pool.begin().await.map_err(|error| error.to_string())?;
        let appended = OUTBOX.append(&mut tx, &post("a", "2")).await;
        appended.map_err(|error| error.to_string())?;
        tx.commit().await.map_err(|error| error.to_string())
    })
    .await;
    assert_eq!(published(&stack, 2).await.len(), 2);
    stopped(relay).await;
    stack.finish().await;
}
