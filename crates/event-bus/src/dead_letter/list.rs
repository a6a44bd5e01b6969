//! What there is: groups of letters that failed alike, and single letters.

use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Selection;
use super::selection::selected;
use crate::error::BusError;

/// A parked event, as the store shows it.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// Id of the dead letter (not of the event).
    pub id: Uuid,
    /// Consumer group that could not handle it, or `outbox` for one that could not be published.
    pub consumer: String,
    /// Topic it came from.
    pub topic: String,
    /// Partition it came from; -1 for the outbox.
    pub partition: i32,
    /// Offset within the partition; the row's id for the outbox.
    pub position: i64,
    /// The record's key, if it has one.
    pub key: Option<Vec<u8>>,
    /// The event's id, if it had a readable one; its first 200 characters.
    pub event_id: Option<String>,
    /// The event's type, if it had a readable one; its first 200 characters.
    pub event_type: Option<String>,
    /// False: it has not failed, it waits behind one of its key that has.
    pub failed: bool,
    /// Name of its group; none while it waits, and none for the outbox's.
    pub fingerprint: Option<String>,
    /// Kind of failure, see [`nova_resilience::Code`]; `waiting` if it has not failed.
    pub code: String,
    /// Why, for people; at most 4,000 characters.
    pub reason: String,
    /// How often it was tried, in all replays together.
    pub attempts: i32,
    /// How often it was replayed in vain.
    pub replays: i32,
    /// When it was parked.
    pub parked_at: OffsetDateTime,
}

/// Letters that failed alike: of one type, in one handler, with one code, for one reason.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its name: twelve hex digits. None for the outbox's.
    pub fingerprint: Option<String>,
    /// Consumer group that could not handle them, or `outbox`.
    pub consumer: String,
    /// Type of the events, if they had a readable one.
    pub event_type: Option<String>,
    /// Kind of failure.
    pub code: String,
    /// The reason of one of them.
    pub reason: String,
    /// How many failed.
    pub failed: i64,
    /// How many wait behind a letter of this group. One may wait behind several groups.
    pub waiting: i64,
    /// How many keys cannot flow.
    pub keys: i64,
    /// When the first of them was parked.
    pub first_parked_at: OffsetDateTime,
    /// When the last of them was parked.
    pub last_parked_at: OffsetDateTime,
    /// How often one of them was replayed in vain, at most.
    pub replays: i32,
}

/// The newest dead letters first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(pool: &PgPool, limit: i64) -> Result<Vec<DeadLetter>, BusError> {
    letters(pool, &Selection::All, limit).await
}

/// Dead letters of a selection, those parked last first; at most `limit`.
///
/// # Errors
/// When the database does not answer.
pub async fn letters(
    pool: &PgPool,
    selection: &Selection,
    limit: i64,
) -> Result<Vec<DeadLetter>, BusError> {
    let query = selection.bind(concat!(
        "SELECT id, consumer, topic, partition, position, key, event_id, event_type, failed,
             fingerprint, code, reason, attempts, replays, parked_at
         FROM dead_letters WHERE ",
        selected!(),
        " ORDER BY parked_at DESC, number DESC LIMIT $7"
    ));
    Ok(query
        .bind(limit)
        .try_map(|row| letter(&row))
        .fetch_all(pool)
        .await?)
}

pub(super) fn letter(row: &PgRow) -> Result<DeadLetter, sqlx::Error> {
    Ok(DeadLetter {
        id: row.try_get("id")?,
        consumer: row.try_get("consumer")?,
        topic: row.try_get("topic")?,
        partition: row.try_get("partition")?,
        position: row.try_get("position")?,
        key: row.try_get("key")?,
        event_id: row.try_get("event_id")?,
        event_type: row.try_get("event_type")?,
        failed: row.try_get("failed")?,
        fingerprint: row.try_get("fingerprint")?,
        code: row.try_get("code")?,
        reason: row.try_get("reason")?,
        attempts: row.try_get("attempts")?,
        replays: row.try_get("replays")?,
        parked_at: row.try_get("parked_at")?,
    })
}

/// The groups of all failed letters of a selection, the one that grew last first; at most `limit`. The
/// whole table is read.
///
/// # Errors
/// When the database does not answer.
pub async fn groups(
    pool: &PgPool,
    selection: &Selection,
    limit: i64,
) -> Result<Vec<Group>, BusError> {
    let query = selection.bind(concat!(
        "WITH broken AS MATERIALIZED (
             SELECT coalesce(fingerprint, '') AS print, consumer, topic, sequence, event_type, code,
                 min(reason) AS reason, count(*) AS failed, min(parked_at) AS first_parked_at,
                 max(parked_at) AS last_parked_at, max(replays) AS replays
             FROM dead_letters WHERE failed AND ",
        selected!(),
        "    GROUP BY 1, 2, 3, 4, 5, 6
         ), waiting AS MATERIALIZED (
             SELECT consumer, topic, sequence, count(*) AS waiting
             FROM dead_letters WHERE NOT failed GROUP BY 1, 2, 3
         )
         SELECT nullif(print, '') AS fingerprint, consumer, event_type, code, min(reason) AS reason,
             sum(failed)::bigint AS failed, coalesce(sum(waiting), 0)::bigint AS waiting,
             count(DISTINCT (topic, sequence)) AS keys, min(first_parked_at) AS first_parked_at,
             max(last_parked_at) AS last_parked_at, max(replays) AS replays
         FROM broken LEFT JOIN waiting USING (consumer, topic, sequence)
         GROUP BY print, consumer, event_type, code
         ORDER BY last_parked_at DESC, print LIMIT $7"
    ));
    Ok(query
        .bind(limit)
        .try_map(|row| group(&row))
        .fetch_all(pool)
        .await?)
}

fn group(row: &PgRow) -> Result<Group, sqlx::Error> {
    Ok(Group {
        fingerprint: row.try_get("fingerprint")?,
        consumer: row.try_get("consumer")?,
        event_type: row.try_get("event_type")?,
        code: row.try_get("code")?,
        reason: row.try_get("reason")?,
        failed: row.try_get("failed")?,
        waiting: row.try_get("waiting")?,
        keys: row.try_get("keys")?,
        first_parked_at: row.try_get("first_parked_at")?,
        last_parked_at: row.try_get("last_parked_at")?,
        replays: row.try_get("replays")?,
    })
}
