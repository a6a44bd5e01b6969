//! Against a real database, like the tests in `tests/`: without `NOVA_TEST_POSTGRES` there is nothing to
//! test, so that `cargo test --lib` works anywhere.

mod aside;
mod parking;
mod replaying;

use std::time::Duration;

use nova_testkit::{Stack, eventually};
use sqlx::{PgConnection, PgPool};

use super::Postgres;
use super::replays::PostgresReplays;
use crate::failure::Failure;
use crate::record::{Parts, Record};
use crate::store::{FailedAgain, Letter, Most, Parked, Replays, Returning, Store, Types};

const CONSUMER: &str = "tester";
const TOPIC: &str = "topic";

/// A record of partition 3.
fn record(key: Option<&[u8]>, offset: i64) -> Record {
    let id = format!("id of {offset}");
    let headers = vec![
        ("ce_id", Some(id.as_bytes())),
        ("ce_type", Some(b"nova.Thing".as_slice())),
    ];
    Record::restore(Parts {
        topic: TOPIC.into(),
        partition: 3,
        offset,
        key,
        headers: Some(headers),
        payload: Some(b"payload"),
    })
}

fn offsets(letters: &[Returning]) -> Vec<i64> {
    letters
        .iter()
        .map(|letter| letter.record.offset())
        .collect()
}

fn parked(sequence: &[u8]) -> Parked {
    Parked {
        topic: TOPIC.into(),
        sequence: sequence.to_vec(),
    }
}

/// A database of its own with a store in it.
struct Room {
    stack: Stack,
    store: Postgres,
}

impl Room {
    async fn open() -> Option<Self> {
        std::env::var_os("NOVA_TEST_POSTGRES")?;
        let stack = Stack::new().await;
        let pool = stack.create_database("store", crate::SCHEMA).await;
        let store = Postgres {
            tables: pool.into(),
        };
        // As a consumer does at its start: for an hour after midnight a claim counts for the day before, too.
        crate::inbox::upkeep(&store.tables, None).await.unwrap();
        Some(Self { stack, store })
    }

    async fn close(self) {
        self.store.tables.pool.close().await;
        self.stack.finish().await;
    }

    async fn park(&self, record: &Record) {
        self.park_until(record, None).await;
    }

    async fn park_until(&self, record: &Record, again: Option<Duration>) {
        let letter = Letter {
            record,
            failure: &Failure::poison("bad", "said \0"),
            fingerprint: "0123456789ab".to_owned(),
            attempts: 2,
            build: "1",
            again,
        };
        self.store.park(CONSUMER, &letter).await.unwrap();
    }

    /// The first letters of a sequence, as who replays it gets them.
    async fn letters(
        &self,
        replays: &mut PostgresReplays,
        parked: &Parked,
        most: usize,
    ) -> Vec<Returning> {
        let ask = "UPDATE parked_sequences SET replay_requested_at = now() WHERE sequence = $1";
        sqlx::query(ask)
            .bind(&parked.sequence)
            .execute(&self.store.tables.pool)
            .await
            .unwrap();
        let most = Most {
            sequences: 1,
            letters: most,
        };
        let mut due = replays.due(&[], most).await.unwrap();
        self.run("UPDATE parked_sequences SET replay_requested_at = NULL")
            .await;
        let due = due.pop().unwrap();
        assert_eq!(due.parked, *parked);
        due.letters
    }

    /// The sequences whose time has come.
    async fn due(&self, replays: &mut PostgresReplays) -> Vec<Parked> {
        let most = Most {
            sequences: 100,
            letters: 100,
        };
        let due = replays.due(&[], most).await.unwrap();
        due.into_iter().map(|due| due.parked).collect()
    }

    async fn park_behind(&self, records: &[&Record]) -> Vec<bool> {
        self.store.park_behind(CONSUMER, records).await.unwrap()
    }

    async fn count(&self, table_and_condition: &'static str) -> i64 {
        let query = format!("SELECT count(*) FROM {table_and_condition}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_one(&self.store.tables.pool)
            .await
            .unwrap()
    }

    async fn run(&self, statement: &'static str) {
        sqlx::raw_sql(statement)
            .execute(&self.store.tables.pool)
            .await
            .unwrap();
    }

    /// Waits until someone waits for a lock.
    async fn someone_waits(&self) {
        eventually("someone waits for a lock", async || {
            self.count(
                "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            )
            .await
                == 1
        })
        .await;
    }
}

/// A connection in the middle of a transaction.
async fn half_way(pool: &PgPool, statement: &'static str) -> PgConnection {
    let mut connection = pool.acquire().await.unwrap().detach();
    sqlx::raw_sql("BEGIN")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::raw_sql(statement)
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

async fn end(mut connection: PgConnection, how: &'static str) {
    sqlx::raw_sql(how).execute(&mut connection).await.unwrap();
}
