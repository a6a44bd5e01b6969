//! The outbox table, as the relay reads and empties it.

use sqlx::{PgConnection, Row};
use time::OffsetDateTime;
use uuid::Uuid;

/// An event waiting to be published.
pub(super) struct OutboxRow {
    pub(super) id: i64,
    pub(super) event_id: Uuid,
    pub(super) event_type: String,
    pub(super) version: String,
    pub(super) source: String,
    pub(super) topic: String,
    pub(super) key: String,
    pub(super) subject: String,
    pub(super) occurred_at: OffsetDateTime,
    pub(super) correlation: String,
    pub(super) causation: Option<String>,
    pub(super) traceparent: Option<String>,
    pub(super) tracestate: Option<String>,
    pub(super) payload: Vec<u8>,
}

/// Prepares the relay's own connection. The outbox is empty whenever anyone counts its rows, so the
/// planner believes that reading all of it is cheap; after a busy hour it is not.
pub(super) async fn prefer_indexes(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let settings = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off";
    sqlx::raw_sql(settings)
        .execute(connection)
        .await
        .map(|_| ())
}

/// Deletes the published rows and reads up to `limit` others after `after`, in one round trip.
pub(super) async fn advance(
    connection: &mut PgConnection,
    published: &[i64],
    after: i64,
    limit: i64,
) -> Result<Vec<OutboxRow>, sqlx::Error> {
    // The rows being deleted are still visible to the statement that deletes them.
    sqlx::query(
        "WITH published AS (DELETE FROM outbox WHERE id = ANY($1))
         SELECT id, event_id, event_type, version, source, topic, key, subject, occurred_at,
                correlation, causation, traceparent, tracestate, payload
         FROM outbox WHERE id > $2 AND id <> ALL($1) ORDER BY id LIMIT $3",
    )
    .bind(published)
    .bind(after)
    .bind(limit)
    .try_map(|row: sqlx::postgres::PgRow| {
        Ok(OutboxRow {
            id: row.try_get(0)?,
            event_id: row.try_get(1)?,
            event_type: row.try_get(2)?,
            version: row.try_get(3)?,
            source: row.try_get(4)?,
            topic: row.try_get(5)?,
            key: row.try_get(6)?,
            subject: row.try_get(7)?,
            occurred_at: row.try_get(8)?,
            correlation: row.try_get(9)?,
            causation: row.try_get(10)?,
            traceparent: row.try_get(11)?,
            tracestate: row.try_get(12)?,
            payload: row.try_get(13)?,
        })
    })
    .fetch_all(connection)
    .await
}

/// The oldest transaction still running, and an id that none has reached that holds a row by now: our
/// own, taken now. (The end of a snapshot would not do: it is the first id of which nothing has *ended*,
/// and transactions beyond it may be running.)
pub(super) async fn horizon(connection: &mut PgConnection) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
                pg_current_xact_id()::text::bigint",
    )
    .fetch_one(connection)
    .await
}

/// Moves a row that Kafka will never take to the dead letters.
pub(super) async fn park(
    connection: &mut PgConnection,
    row: i64,
    why: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "WITH refused AS (DELETE FROM outbox WHERE id = $1 RETURNING *)
         INSERT INTO dead_letters (id, consumer, topic, partition, position, key, event_id,
             event_type, header_names, header_values, payload, code, reason, attempts)
         SELECT event_id, 'outbox', topic, -1, id, convert_to(key, 'UTF8'), event_id::text,
                event_type,
                ARRAY['ce_source', 'ce_subject', 'ce_dataversion'],
                ARRAY[convert_to(source, 'UTF8'), convert_to(subject, 'UTF8'),
                      convert_to(version, 'UTF8')],
                payload, 'invalid', $2, 1
         FROM refused
         ON CONFLICT DO NOTHING",
    )
    .bind(row)
    .bind(why)
    .execute(connection)
    .await
    .map(|_| ())
}
