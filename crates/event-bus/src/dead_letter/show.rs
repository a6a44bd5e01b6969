//! One letter with everything that is known of it.

use sqlx::Row;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use super::list::{DeadLetter, letter};
use super::{Selection, selection::selected};
use crate::error::BusError;
use crate::tables::Tables;

/// A header's name and value; a header can be without a value.
pub type Header = (String, Option<Vec<u8>>);

/// A dead letter with everything that is known of it.
#[derive(Debug, Clone)]
pub struct WholeLetter {
    /// What a list shows of it.
    pub letter: DeadLetter,
    /// Its headers in order; none if their names were not UTF-8.
    pub headers: Option<Vec<Header>>,
    /// The event's bytes; none for a tombstone.
    pub payload: Option<Vec<u8>>,
    /// When it was last replayed in vain.
    pub replayed_at: Option<OffsetDateTime>,
    /// How many letters of its key are before it.
    pub before: i64,
    /// How many letters of its key are behind it.
    pub behind: i64,
    /// When the replay of its key was asked for, if it has not ended yet.
    pub replay_requested_at: Option<OffsetDateTime>,
}

/// Letters of a selection, in the order they were parked, with everything; at most `limit`, as each may
/// have a megabyte.
///
/// # Errors
/// When the database does not answer.
pub async fn show(
    tables: impl Into<Tables>,
    selection: &Selection,
    limit: i64,
) -> Result<Vec<WholeLetter>, BusError> {
    let tables = tables.into();
    let query = selection.bind(tables.schema.sql(concat!(
        "WITH letter AS (
             SELECT * FROM bus.dead_letters WHERE ",
        selected!(),
        "    ORDER BY number LIMIT $8
         )
         SELECT letter.*, parked.replay_requested_at, parked.next_at, parked.tries,
             EXISTS (SELECT FROM bus.held_groups AS held WHERE held.fingerprint = parked.fingerprint) AS held, neighbours.before, neighbours.behind
         FROM letter
         LEFT JOIN bus.parked_sequences AS parked USING (consumer, topic, sequence)
         CROSS JOIN LATERAL (
             SELECT count(*) FILTER (WHERE other.number < letter.number) AS before,
                 count(*) FILTER (WHERE other.number > letter.number) AS behind
             FROM bus.dead_letters AS other
             WHERE parked.sequence IS NOT NULL AND NOT other.aside AND other.consumer = letter.consumer
               AND other.topic = letter.topic AND other.sequence = letter.sequence
         ) AS neighbours
         ORDER BY letter.number"
    )));
    Ok(query
        .bind(limit)
        .try_map(|row| whole(&row))
        .fetch_all(&tables.pool)
        .await?)
}

fn whole(row: &PgRow) -> Result<WholeLetter, sqlx::Error> {
    let names: Vec<Option<String>> = row.try_get("header_names")?;
    let values: Vec<Option<Vec<u8>>> = row.try_get("header_values")?;
    let headers = names.into_iter().zip(values);
    Ok(WholeLetter {
        letter: letter(row)?,
        headers: headers.map(|(name, value)| Some((name?, value))).collect(),
        payload: row.try_get("payload")?,
        replayed_at: row.try_get("replayed_at")?,
        before: row.try_get("before")?,
        behind: row.try_get("behind")?,
        replay_requested_at: row.try_get("replay_requested_at")?,
    })
}
