//! The outbox as Postgres alone fills and empties it.

use std::time::{Duration, Instant};

use anyhow::ensure;
use nova_event_bus::Outbox;
use nova_proto::content::v1::PostCreated;
use sqlx::{PgConnection, PgPool, Row};

/// Rows appended, and taken, together: what the relay takes.
const BATCH: usize = 1_000;

/// Like the relay's own connection: by the planner's luck this would be slower now and then.
const PREFER_INDEXES: &str =
    "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off";

/// What the relay asks for again and again.
const READ_AND_DELETE_THE_LAST: &str = "
    WITH published AS (DELETE FROM outbox WHERE id = ANY($1))
    SELECT id, event_id, event_type, version, source, topic, key, subject, occurred_at,
           correlation, causation, traceparent, payload
    FROM outbox WHERE id > $2 AND id <> ALL($1) ORDER BY id LIMIT $3";

/// Reads what it deletes. Sends nothing anywhere, so it may know that no id is missing.
const DELETE_RETURNING: &str = "
    DELETE FROM outbox WHERE id > $1 AND id <= $1 + $2
    RETURNING id, event_id, event_type, version, source, topic, key, subject, occurred_at,
              correlation, causation, traceparent, payload";

/// An outbox with these events and nothing else, on fresh pages.
pub(super) async fn fill(pool: &PgPool, events: &[PostCreated]) -> anyhow::Result<()> {
    sqlx::query("TRUNCATE outbox RESTART IDENTITY")
        .execute(pool)
        .await?;
    let outbox = Outbox::new("content");
    for some in events.chunks(BATCH) {
        let mut tx = pool.begin().await?;
        outbox.append_all(&mut tx, some).await?;
        tx.commit().await?;
    }
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

/// Empties the outbox with the relay's statement; rows arrive but are not taken apart.
pub(super) async fn read_and_delete(pool: &PgPool) -> anyhow::Result<Duration> {
    let mut connection = connect(pool).await?;
    let began = Instant::now();
    let mut taken: Vec<i64> = Vec::new();
    loop {
        let after = taken.last().copied().unwrap_or(0);
        let rows = sqlx::query(READ_AND_DELETE_THE_LAST)
            .bind(&taken)
            .bind(after)
            .bind(BATCH as i64)
            .fetch_all(&mut connection)
            .await?;
        if rows.is_empty() {
            return Ok(began.elapsed());
        }
        taken = rows
            .iter()
            .map(|row| row.try_get(0))
            .collect::<Result<_, _>>()?;
    }
}

async fn connect(pool: &PgPool) -> anyhow::Result<PgConnection> {
    let mut connection = pool.acquire().await?.detach();
    sqlx::raw_sql(PREFER_INDEXES)
        .execute(&mut connection)
        .await?;
    Ok(connection)
}
