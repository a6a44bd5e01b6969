//! What Kafka does not take.

use nova_event_bus::dead_letter::{Selection, letters, request_replay};
use nova_event_bus::{Outbox, OutboxError, header};
use nova_resilience::{Code, Fault};
use nova_testkit::{Stack, eventually};
use sqlx::PgPool;

use super::{OUTBOX, append, contents, emptied, published, relay, stopped};
use crate::recorder::{database, post};

/// Grows the only row to a size that no topic takes, or shrinks it to the one that it had.
async fn resize(pool: &PgPool, payload: &[u8]) {
    sqlx::query("UPDATE outbox SET payload = $1")
        .bind(payload)
        .execute(pool)
        .await
        .unwrap();
}

async fn payload(pool: &PgPool) -> Vec<u8> {
    sqlx::query_scalar("SELECT payload FROM outbox")
        .fetch_one(pool)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn append_refuses_what_no_topic_takes_and_the_transaction_goes_on() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let relay = relay(&stack.kafka, &pool);
    let mut tx = pool.begin().await.unwrap();
    let large = post("a", &"x".repeat(1_000_000));
    let small = post("a", "small");
    let refused = OUTBOX.append(&mut tx, &large).await.unwrap_err();
    assert!(
        matches!(refused, OutboxError::TooLarge { .. }),
        "{refused:?}"
    );
    assert_eq!(refused.code(), Code::Invalid);
    let said = refused.to_string();
    assert!(
        said.contains("PostCreated") && said.contains("1000000"),
        "{said}"
    );
    let both = [small.clone(), large];
    assert!(OUTBOX.append_all(&mut tx, &both).await.is_err());
    OUTBOX.append(&mut tx, &small).await.unwrap();
    // As large as may be, which a real broker takes.
    let most = post("b", &"x".repeat(999_000));
    OUTBOX.append(&mut tx, &most).await.unwrap();
    tx.commit().await.unwrap();
    let events = published(&stack, 2).await;
    assert_eq!(contents(&events, "a"), ["small"]);
    assert_eq!(contents(&events, "b")[0].len(), 999_000);
    stopped(relay).await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_the_table_is_no_fault_of_the_event() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let mut tx = pool.begin().await.unwrap();
    let elsewhere = Outbox::in_schema("test", "nowhere");
    let failed = elsewhere
        .append(&mut tx, &post("a", "1"))
        .await
        .unwrap_err();
    assert!(matches!(failed, OutboxError::Database(_)), "{failed:?}");
    tx.rollback().await.unwrap();
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kafka_refuses_is_parked_whole_and_can_be_replayed() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    append(&pool, "a", "refused").await;
    sqlx::query(
        "UPDATE outbox SET correlation = 'first', causation = 'before',
             traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate = 'a=1',
             occurred_at = '2020-02-03 04:05:06.789012+00'",
    )
    .execute(&pool)
    .await
    .unwrap();
    let whole = payload(&pool).await;
    resize(&pool, &[0; 2_000_000]).await;
    let (id,): (uuid::Uuid,) = sqlx::query_as("SELECT event_id FROM outbox")
        .fetch_one(&pool)
        .await
        .unwrap();
    append(&pool, "a", "small").await;
    let before = relay(&stack.kafka, &pool);
    assert_eq!(published(&stack, 1).await[0].content, "small");
    emptied(&pool).await;
    let parked = letters(&pool, &Selection::All, 10).await.unwrap();
    let [parked] = parked.try_into().unwrap();
    assert_eq!((parked.consumer.as_str(), parked.partition), ("outbox", -1));
    assert_eq!(
        parked.event_type.as_deref(),
        Some("nova.content.v1.PostCreated")
    );

    // Somebody has mended it, and asks for it while the relay sleeps.
    sqlx::query("UPDATE dead_letters SET payload = $1")
        .bind(whole)
        .execute(&pool)
        .await
        .unwrap();
    let outbox = Selection::Consumer("outbox".to_owned());
    let tried = request_replay(&pool, &outbox, "me", true).await.unwrap();
    assert_eq!((tried.letters, tried.not_replayable), (1, 0));
    assert_eq!(letters(&pool, &outbox, 10).await.unwrap().len(), 1);
    let asked = request_replay(&pool, &outbox, "me", false).await.unwrap();
    assert_eq!(asked, tried);
    let events = published(&stack, 2).await;
    let again = events
        .iter()
        .find(|event| event.content == "refused")
        .unwrap();
    let header = |name| {
        let found = again.headers.iter().find(|(key, _)| key == name);
        found.map_or("absent", |(_, value)| value.as_str())
    };
    assert_eq!(header(header::ID), id.to_string());
    assert_eq!(header(header::SOURCE), "/nova/test");
    assert_eq!(header(header::CORRELATION), "first");
    assert_eq!(header(header::CAUSATION), "before");
    assert_eq!(
        header(header::TRACEPARENT),
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    );
    assert_eq!(header(header::TRACESTATE), "a=1");
    assert!(header(header::TIME).starts_with("2020-02-03T04:05:06.789012"));
    eventually("no letter is left", async || {
        letters(&pool, &outbox, 10).await.unwrap().is_empty()
    })
    .await;
    stopped(before).await;
    stack.finish().await;
}
