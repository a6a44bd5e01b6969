//! What there is: groups of letters that failed alike, and single letters.

use sqlx::Row;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Selection;
use super::selection::selected;
use crate::error::BusError;
use crate::tables::Tables;

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
    /// When it goes again, and why then.
    pub again: Again,
}

/// When letters go again, and why then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// As soon as its turn comes: somebody asked for it.
    Asked,
    /// By itself, at that time: what failed may pass, or a build has come that has not tried it.
    At {
        /// The time.
        at: OffsetDateTime,
        /// Replays in a row that came to nothing.
        tries: i32,
    },
    /// By itself, when a build comes that has not tried it: it failed for good.
    NewBuild,
    /// By itself, when a build comes that knows its type.
    KnownType,
    /// When somebody asks for it: its group is held.
    Held,
    /// When somebody asks for it: Kafka refused it.
    Refused,
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
    /// When the first of them goes again, and why then.
    pub again: Again,
}

/// The newest dead letters first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(tables: impl Into<Tables>, limit: i64) -> Result<Vec<DeadLetter>, BusError> {
    letters(tables, &Selection::All, limit).await
}

/// Dead letters of a selection, those parked last first; at most `limit`.
///
/// # Errors
/// When the database does not answer.
pub async fn letters(
    tables: impl Into<Tables>,
    selection: &Selection,
    limit: i64,
) -> Result<Vec<DeadLetter>, BusError> {
    let tables = tables.into();
    let query = selection.bind(tables.schema.sql(concat!(
        "WITH letter AS (
             SELECT id, number, consumer, topic, partition, position, sequence, key, event_id,
                 event_type, failed, aside, fingerprint, code, reason, attempts, replays, parked_at
             FROM bus.dead_letters WHERE ",
        selected!(),
        "    ORDER BY parked_at DESC, number DESC LIMIT $8
         )
         SELECT letter.*, parked.replay_requested_at, parked.next_at, parked.tries,
             EXISTS (SELECT FROM bus.held_groups AS held
                 WHERE held.fingerprint = parked.fingerprint) AS held
         FROM letter LEFT JOIN bus.parked_sequences AS parked USING (consumer, topic, sequence)
         ORDER BY letter.parked_at DESC, letter.number DESC"
    )));
    Ok(query
        .bind(limit)
        .try_map(|row| letter(&row))
        .fetch_all(&tables.pool)
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
        again: again(row)?,
    })
}

fn again(row: &PgRow) -> Result<Again, sqlx::Error> {
    let consumer: String = row.try_get("consumer")?;
    let requested: Option<OffsetDateTime> = row.try_get("replay_requested_at")?;
    let next: Option<OffsetDateTime> = row.try_get("next_at")?;
    let tries: Option<i32> = row.try_get("tries")?;
    let tries = tries.unwrap_or_default();
    Ok(match (requested, next) {
        _ if consumer == "outbox" => Again::Refused,
        _ if row.try_get("aside")? => Again::KnownType,
        (Some(_), _) => Again::Asked,
        _ if row.try_get("held")? => Again::Held,
        (None, Some(at)) => Again::At { at, tries },
        (None, None) => Again::NewBuild,
    })
}

/// The groups of all failed letters of a selection, the one that grew last first; at most `limit`. The
/// whole table is read.
///
/// # Errors
/// When the database does not answer.
pub async fn groups(
    tables: impl Into<Tables>,
    selection: &Selection,
    limit: i64,
) -> Result<Vec<Group>, BusError> {
    let tables = tables.into();
    let query = selection.bind(tables.schema.sql(concat!(
        "WITH broken AS MATERIALIZED (
             SELECT coalesce(fingerprint, '') AS print, consumer, topic, sequence, event_type, code,
                 min(reason) AS reason, count(*) AS failed, min(parked_at) AS first_parked_at,
                 max(parked_at) AS last_parked_at, max(replays) AS replays, bool_or(aside) AS aside
             FROM bus.dead_letters WHERE failed AND ",
        selected!(),
        "    GROUP BY 1, 2, 3, 4, 5, 6
         ), waiting AS MATERIALIZED (
             SELECT consumer, topic, sequence, count(*) AS waiting
             FROM bus.dead_letters WHERE NOT failed GROUP BY 1, 2, 3
         )
         SELECT nullif(print, '') AS fingerprint, consumer, event_type, code, min(reason) AS reason,
             sum(failed)::bigint AS failed, coalesce(sum(waiting), 0)::bigint AS waiting,
             count(DISTINCT (topic, sequence)) AS keys, min(first_parked_at) AS first_parked_at,
             max(last_parked_at) AS last_parked_at, max(replays) AS replays, bool_or(aside) AS aside,
             min(replay_requested_at) AS replay_requested_at, min(next_at) AS next_at,
             coalesce(max(tries), 0) AS tries,
             EXISTS (SELECT FROM bus.held_groups AS held WHERE held.fingerprint = print) AS held
         FROM broken LEFT JOIN waiting USING (consumer, topic, sequence)
         LEFT JOIN bus.parked_sequences AS parked USING (consumer, topic, sequence)
         GROUP BY print, consumer, event_type, code
         ORDER BY last_parked_at DESC, print LIMIT $8"
    )));
    Ok(query
        .bind(limit)
        .try_map(|row| group(&row))
        .fetch_all(&tables.pool)
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
        again: again(row)?,
    })
}
