//! A database that does not take what the bus writes, through no fault of any event.

use nova_event_bus::list_dead_letters;
use nova_resilience::{Code, Condition};
use nova_testkit::{Stack, eventually};

use crate::door::Door;
use crate::healing::quick;
use crate::recorder::{Member, database, effects, post};
use crate::replays::letters;

const EVENTS: usize = 10;

/// Breaks the bus's own statements, publishes, sees that events wait and nothing parks, and mends them.
async fn events_wait_while(group: &'static str, broken: &'static str, mended: &'static str) {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let door = Door::default();
    door.refuse("0", Code::Invalid);
    let consumer = door.once(group, &stack.kafka, &pool).options(quick("1"));
    let health = consumer.health();
    let line = health.iter().find(|line| line.name().ends_with("consumer"));
    let line = line.unwrap().clone();
    sqlx::raw_sql(broken).execute(&pool).await.unwrap();
    for number in 0..EVENTS {
        let name = number.to_string();
        stack.publish(&post(&name, &name)).await;
    }
    let member = Member::start(consumer);
    eventually("events wait", async || {
        matches!(line.condition().0, Condition::Down(_))
    })
    .await;
    // Whoever mends a table that is in use may have to try again: locks.
    eventually("it is mended", async || {
        let mended = sqlx::raw_sql(mended).execute(&pool).await;
        mended.map(drop).map_err(|error| error.to_string())
    })
    .await;
    letters(&pool, 1).await;
    eventually("all others are handled", async || {
        let seen = effects(&pool).await.len();
        if seen == EVENTS - 1 {
            Ok(())
        } else {
            Err(seen)
        }
    })
    .await;
    // Nothing else comes, and yet it is up.
    eventually("it says so", async || line.condition().0 == Condition::Up).await;
    let parked = list_dead_letters(&pool, 10).await.unwrap();
    assert_eq!(parked[0].code, "invalid", "{parked:?}");
    member.leave().await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_not_there_parks_nothing() {
    events_wait_while(
        "tableless",
        "ALTER TABLE inbox RENAME TO elsewhere",
        "ALTER TABLE elsewhere RENAME TO inbox",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_that_cannot_be_written_wait() {
    events_wait_while(
        "letterless",
        "ALTER TABLE dead_letters RENAME TO elsewhere",
        "ALTER TABLE elsewhere RENAME TO dead_letters",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_parks_nothing() {
    // As it is said by the server: nobody else has a disk that is full at will.
    events_wait_while(
        "full",
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$;
         CREATE TRIGGER full_disk BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION full_disk()",
        "DROP TRIGGER full_disk ON inbox",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_read_only_parks_nothing() {
    events_wait_while(
        "read-only",
        "CREATE FUNCTION read_only() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE 'cannot execute INSERT in a read-only transaction' USING ERRCODE = '25006'; END $$;
         CREATE TRIGGER read_only BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION read_only()",
        "DROP TRIGGER read_only ON inbox",
    )
    .await;
}
