//! What outboxes of others got wrong, and how ours fares with it.

use futures::TryStreamExt;
use nova_event_bus::outbox_status;
use nova_testkit::Stack;
use sqlx::postgres::PgPoolCopyExt;

use super::{OUTBOX, append, contents, emptied, published, relay, stopped};
use crate::recorder::{database, post};

/// `ThreeDotsLabs/watermill` #311: rows that commit late, on many connections at once, and after the
/// relay has read past their ids.
#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_read_by_sequence_number_skips_nothing_that_commits_late() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let relay = relay(&stack.kafka, &pool);
    let mut open = Vec::new();
    // As many transactions stay open as the pool has connections to spare.
    for number in 0..5 {
        let mut late = pool.begin().await.unwrap();
        let event = post("late", &number.to_string());
        OUTBOX.append(&mut late, &event).await.unwrap();
        open.push(late);
        let mut rolled_back = pool.begin().await.unwrap();
        let event = post("late", "never");
        OUTBOX.append(&mut rolled_back, &event).await.unwrap();
        rolled_back.rollback().await.unwrap();
        append(&pool, "early", &number.to_string()).await;
    }
    emptied(&pool).await;
    // The last ids first.
    while let Some(late) = open.pop() {
        late.commit().await.unwrap();
    }
    emptied(&pool).await;
    let events = published(&stack, 10).await;
    assert_eq!(events.len(), 10);
    assert_eq!(contents(&events, "early").len(), 5);
    assert!(!contents(&events, "late").contains(&"never"));
    stopped(relay).await;
    stack.finish().await;
}

/// `ThreeDotsLabs/watermill` #576: positions by transaction id broke when a database was restored into a
/// server with lower ones. There are no positions: rows of another time and place are relayed like any.
#[tokio::test(flavor = "multi_thread")]
async fn positions_survive_a_restore_of_the_database() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let before = relay(&stack.kafka, &pool);
    append(&pool, "a", "published before").await;
    emptied(&pool).await;
    stopped(before).await;
    append(&pool, "a", "1").await;
    append(&pool, "a", "2").await;
    let restored = stack
        .create_database("restored", nova_event_bus::SCHEMA)
        .await;
    // What a dump and its restore do: rows with their ids, written by one new transaction.
    let rows = pool.copy_out_raw("COPY outbox TO STDOUT").await.unwrap();
    let rows: Vec<_> = rows.try_collect().await.unwrap();
    let mut copy = restored
        .copy_in_raw("COPY outbox FROM STDIN")
        .await
        .unwrap();
    copy.send(rows.concat()).await.unwrap();
    assert_eq!(copy.finish().await.unwrap(), 2);
    sqlx::query("SELECT setval('outbox_id_seq', (SELECT max(id) FROM outbox))")
        .execute(&restored)
        .await
        .unwrap();
    let after = relay(&stack.kafka, &restored);
    append(&restored, "a", "3").await;
    emptied(&restored).await;
    let events = published(&stack, 4).await;
    assert_eq!(contents(&events, "a"), ["published before", "1", "2", "3"]);
    sqlx::query("TRUNCATE outbox").execute(&pool).await.unwrap();
    stopped(after).await;
    stack.finish().await;
}

/// `MassTransit/MassTransit` #3512: an outbox changed the order of messages. Appenders of the same key
/// follow each other on many connections, with others between and beside them.
#[tokio::test(flavor = "multi_thread")]
async fn order_holds_through_the_outbox() {
    const KEYS: usize = 20;
    const EACH: usize = 40;
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let relay = relay(&stack.kafka, &pool);
    let appending = (0..KEYS).map(|key| {
        let pool = pool.clone();
        tokio::spawn(async move {
            for number in 0..EACH {
                // Whichever connection the pool has: the next transaction begins after this commit.
                append(&pool, &format!("key{key}"), &number.to_string()).await;
                let mut tx = pool.begin().await.unwrap();
                OUTBOX.append(&mut tx, &post("never", "")).await.unwrap();
                tx.rollback().await.unwrap();
            }
        })
    });
    for appender in appending.collect::<Vec<_>>() {
        appender.await.unwrap();
    }
    emptied(&pool).await;
    let events = published(&stack, KEYS * EACH).await;
    assert_eq!(events.len(), KEYS * EACH);
    let numbers: Vec<String> = (0..EACH).map(|number| number.to_string()).collect();
    for key in 0..KEYS {
        assert_eq!(contents(&events, &format!("key{key}")), numbers);
    }
    stopped(relay).await;
    stack.finish().await;
}

/// `MassTransit/MassTransit` #5918: an outbox with millions of rows timed out.
#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_with_a_large_backlog_empties_and_takes_new_events_meanwhile() {
    const ROWS: i64 = 150_000;
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    append(&pool, "a", "first").await;
    sqlx::query(
        "INSERT INTO outbox (event_id, event_type, version, source, topic, key, subject, payload)
         SELECT gen_random_uuid(), 'nova.test.Filler', version, source, topic, number::text, '',
                payload
         FROM outbox, generate_series(2, $1) AS number",
    )
    .bind(ROWS)
    .execute(&pool)
    .await
    .unwrap();
    let status = outbox_status(&pool).await.unwrap();
    assert!(status.rows > 100_000, "{status:?}");
    assert!(!status.is_exact && !status.is_relayed, "{status:?}");
    let relay = relay(&stack.kafka, &pool);
    append(&pool, "a", "last").await;
    emptied(&pool).await;
    let events = published(&stack, 2).await;
    assert_eq!(contents(&events, "a"), ["first", "last"]);
    let status = outbox_status(&pool).await.unwrap();
    assert_eq!((status.rows, status.is_exact), (0, true));
    assert_eq!(status.oldest, None);
    assert!(status.is_relayed && status.table_bytes > 0, "{status:?}");
    stopped(relay).await;
    stack.finish().await;
}

/// The active relay ends as a process does that is killed; a standby goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_dies_is_replaced() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let (_, active) = relay(&stack.kafka, &pool);
    append(&pool, "a", "1").await;
    emptied(&pool).await;
    let standby = relay(&stack.kafka, &pool);
    active.abort();
    assert!(active.await.unwrap_err().is_cancelled());
    append(&pool, "a", "2").await;
    emptied(&pool).await;
    assert!(outbox_status(&pool).await.unwrap().is_relayed);
    assert_eq!(contents(&published(&stack, 2).await, "a"), ["1", "2"]);
    stopped(standby).await;
    stack.finish().await;
}
