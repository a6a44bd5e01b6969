//! The outbox as Postgres alone fills and empties it.

use std::time::{Duration, Instant};

use anyhow::ensure;
use nova_event_bus::Outbox;
use nova_proto::content::v1::PostCreated;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row};

/// Rows taken together: what the relay takes.
const BATCH: usize = 2_000;
/// Rows appended together where it does not matter.
const APPENDED: usize = 1_000;

/// Like the relay's own connection: by the planner's luck this would be slower now and then.
const LIKE_THE_RELAY: &str = "
    SET enable_seqscan = off; SET enable_bitmapscan = off; SET synchronous_commit = off";

/// What the relay asks for again and again.
const READ: &str = "
    SELECT id, event_id, event_type, version, source, topic, key, subject, occurred_at,
           correlation, causation, traceparent, tracestate, payload
    FROM outbox WHERE id > $1 ORDER BY id LIMIT $2";
const DELETE: &str = "DELETE FROM outbox WHERE id BETWEEN $1 AND $2";

/// Reads what it deletes. Sends nothing anywhere, so it may know that no id is missing.
const DELETE_RETURNING: &str = "
    DELETE FROM outbox WHERE id > $1 AND id <= $1 + $2
    RETURNING id, event_id, event_type, version, source, topic, key, subject, occurred_at,
              correlation, causation, traceparent, tracestate, payload";

const COLUMNS: &str = "event_id, event_type, version, source, topic, key, subject, payload";

/// Keeps a copy of these events, appended as a service appends them, to fill the outbox from.
pub(super) async fn keep(pool: &PgPool, events: &[PostCreated]) -> anyhow::Result<()> {
    let outbox = Outbox::new("content");
    for some in events.chunks(APPENDED) {
        let mut tx = pool.begin().await?;
        outbox.append_all(&mut tx, some).await?;
        tx.commit().await?;
    }
    sqlx::raw_sql(
        "DROP TABLE IF EXISTS kept;
         CREATE TABLE kept AS SELECT * FROM outbox;
         TRUNCATE outbox RESTART IDENTITY",
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// An outbox with the kept events and nothing else, each of a transaction of its own.
pub(super) async fn fill(pool: &PgPool) -> anyhow::Result<()> {
    fill_from_kept(pool, "outbox", COLUMNS, COLUMNS).await
}

/// Fills a table with one row for each kept event, in transactions of one row.
pub(super) async fn fill_from_kept(
    pool: &PgPool,
    table: &str,
    columns: &str,
    values: &str,
) -> anyhow::Result<()> {
    let mut connection = pool.acquire().await?.detach();
    // All names are of this file's callers. The server does not wait for the disk here: that is not
    // what is measured.
    let filling = AssertSqlSafe(format!(
        "DO $$ DECLARE kept_row kept; BEGIN
             FOR kept_row IN SELECT * FROM kept LOOP
                 INSERT INTO {table} ({columns}) SELECT {values} FROM (SELECT kept_row.*) AS kept;
                 COMMIT;
             END LOOP;
         END $$"
    ));
    sqlx::raw_sql(AssertSqlSafe(format!("TRUNCATE {table} RESTART IDENTITY")))
        .execute(&mut connection)
        .await?;
    sqlx::raw_sql("SET synchronous_commit = off")
        .execute(&mut connection)
        .await?;
    sqlx::raw_sql(filling).execute(&mut connection).await?;
    settle(&mut connection).await
}

/// An outbox with `times` the kept events, appended at once.
pub(super) async fn fill_many(pool: &PgPool, times: usize) -> anyhow::Result<()> {
    let mut connection = pool.acquire().await?.detach();
    sqlx::raw_sql("TRUNCATE outbox RESTART IDENTITY")
        .execute(&mut connection)
        .await?;
    let filling = AssertSqlSafe(format!(
        "INSERT INTO outbox ({COLUMNS}) SELECT {COLUMNS} FROM generate_series(1, {times}), kept"
    ));
    sqlx::raw_sql(filling).execute(&mut connection).await?;
    settle(&mut connection).await
}

/// What was written to fill the table goes to the disk before the clock starts.
async fn settle(connection: &mut PgConnection) -> anyhow::Result<()> {
    sqlx::raw_sql("CHECKPOINT").execute(connection).await?;
    Ok(())
}

/// How many events wait in the outbox.
pub(super) async fn count(pool: &PgPool) -> anyhow::Result<i64> {
    let count = sqlx::query_scalar("SELECT count(*) FROM outbox");
    Ok(count.fetch_one(pool).await?)
}

/// The id of the last event in the outbox.
pub(super) async fn last(pool: &PgPool) -> anyhow::Result<i64> {
    let last = sqlx::query_scalar("SELECT max(id) FROM outbox");
    Ok(last.fetch_one(pool).await?)
}

/// Waits until the event with that id has left.
pub(super) async fn wait_until_gone(pool: &PgPool, last: i64) -> anyhow::Result<()> {
    const PAUSE: Duration = Duration::from_millis(5);
    const PATIENCE: Duration = Duration::from_secs(300);
    let began = Instant::now();
    let mut connection = pool.acquire().await?;
    // One row by its key: next to nothing for a server that is busy with a thousand at a time.
    let is_there = "SELECT EXISTS (SELECT FROM outbox WHERE id = $1)";
    while sqlx::query_scalar(is_there)
        .bind(last)
        .fetch_one(&mut *connection)
        .await?
    {
        ensure!(
            began.elapsed() < PATIENCE,
            "the outbox was not emptied within {PATIENCE:?}"
        );
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Empties the outbox with `DELETE … RETURNING`; rows arrive but are not taken apart.
pub(super) async fn delete_returning(pool: &PgPool) -> anyhow::Result<Duration> {
    let mut connection = connect(pool).await?;
    let began = Instant::now();
    let mut after = 0;
    loop {
        let rows = sqlx::query(DELETE_RETURNING)
            .bind(after)
            .bind(BATCH as i64)
            .fetch_all(&mut connection)
            .await?;
        if rows.is_empty() {
            return Ok(began.elapsed());
        }
        after += BATCH as i64;
    }
}

/// Empties the outbox as the relay does; rows arrive but are not taken apart.
pub(super) async fn read_and_delete(pool: &PgPool) -> anyhow::Result<Duration> {
    let mut connection = connect(pool).await?;
    let began = Instant::now();
    let mut after = 0_i64;
    loop {
        let rows = sqlx::query(READ)
            .bind(after)
            .bind(BATCH as i64)
            .fetch_all(&mut connection)
            .await?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Ok(began.elapsed());
        };
        let first: i64 = first.try_get(0)?;
        after = last.try_get(0)?;
        sqlx::query(DELETE)
            .bind(first)
            .bind(after)
            .execute(&mut connection)
            .await?;
    }
}

async fn connect(pool: &PgPool) -> anyhow::Result<PgConnection> {
    let mut connection = pool.acquire().await?.detach();
    sqlx::raw_sql(LIKE_THE_RELAY)
        .execute(&mut connection)
        .await?;
    Ok(connection)
}
