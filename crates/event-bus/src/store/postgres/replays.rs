//! Replaying: how rows of `dead_letters` become records again.

use std::sync::Arc;

use futures::future::BoxFuture;
use sqlx::postgres::PgRow;
use sqlx::{Acquire, PgConnection, PgPool, Row};
use uuid::Uuid;

use super::{answered, letters};
use crate::failure::Failure;
use crate::record::{Parts, Record};
use crate::store::{Parked, Replays, Returning};

/// Seed of the advisory lock that the one who replays a consumer's dead letters holds for as long as its
/// connection lives; the lock is the hash of the consumer's name with it.
const REPLAY_LOCK: i64 = 0x6e6f_7661_0003;

/// The right to replay a consumer's dead letters, which is the advisory lock of this connection.
pub(crate) struct PostgresReplays {
    connection: PgConnection,
    consumer: String,
}

impl PostgresReplays {
    pub(super) async fn begin(pool: &PgPool, consumer: &str) -> Result<Option<Self>, sqlx::Error> {
        // Asked for one statement first, so that who stands by needs no connection of their own each time.
        let free = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(hashtextextended($1, $2))");
        if !free
            .bind(consumer)
            .bind(REPLAY_LOCK)
            .fetch_one(pool)
            .await?
        {
            return Ok(None);
        }
        // Detached before it is locked: whenever this is dropped, the lock goes with the connection and
        // not back into the pool.
        let mut connection = pool.acquire().await?.detach();
        let locked: bool =
            sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, $2))")
                .bind(consumer)
                .bind(REPLAY_LOCK)
                .fetch_one(&mut connection)
                .await?;
        let consumer = consumer.to_owned();
        Ok(locked.then_some(Self {
            connection,
            consumer,
        }))
    }

    async fn next(&mut self) -> Result<Option<Parked>, sqlx::Error> {
        let next: Option<(String, Vec<u8>)> = sqlx::query_as(
            "SELECT topic, sequence FROM parked_sequences
             WHERE consumer = $1 AND replay_requested_at IS NOT NULL
             ORDER BY replay_requested_at LIMIT 1",
        )
        .bind(&self.consumer)
        .fetch_optional(&mut self.connection)
        .await?;
        Ok(next.map(|(topic, sequence)| Parked {
            topic: topic.into(),
            sequence,
        }))
    }

    async fn first(
        &mut self,
        parked: &Parked,
        limit: usize,
    ) -> Result<Vec<Returning>, sqlx::Error> {
        sqlx::query(
            "SELECT id, partition, position, key, header_names, header_values, payload
             FROM dead_letters WHERE consumer = $1 AND topic = $2 AND sequence = $3
             ORDER BY number LIMIT $4",
        )
        .bind(&self.consumer)
        .bind(&*parked.topic)
        .bind(&parked.sequence)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .try_map(|row| returning(&parked.topic, &row))
        .fetch_all(&mut self.connection)
        .await
    }

    async fn take_out(&mut self, letters: &[Uuid]) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM dead_letters WHERE id = ANY($1)")
            .bind(letters)
            .execute(&mut self.connection)
            .await
            .map(|_| ())
    }

    /// The sequence first, as everyone does who locks both.
    async fn note(
        &mut self,
        parked: &Parked,
        letter: Uuid,
        failure: &Failure,
        fingerprint: String,
        attempts: u32,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.connection.begin().await?;
        sqlx::query(
            "UPDATE parked_sequences SET replay_requested_at = NULL
             WHERE consumer = $1 AND topic = $2 AND sequence = $3",
        )
        .bind(&self.consumer)
        .bind(&*parked.topic)
        .bind(&parked.sequence)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "UPDATE dead_letters SET failed = true, replays = replays + 1, replayed_at = now(),
                 attempts = attempts + $2, fingerprint = $3, code = $4, reason = $5
             WHERE id = $1",
        )
        .bind(letter)
        .bind(i32::try_from(attempts).unwrap_or(i32::MAX / 2))
        .bind(fingerprint)
        .bind(failure.code.as_str())
        .bind(letters::reason(failure))
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Two statements: the second must see what was parked while the first waited for its lock. It asks
    /// for the first letter, which the index gives; any letter would be looked for in the whole table.
    async fn let_flow(&mut self, parked: &Parked) -> Result<bool, sqlx::Error> {
        let mut tx = self.connection.begin().await?;
        sqlx::query(
            "SELECT FROM parked_sequences WHERE consumer = $1 AND topic = $2 AND sequence = $3
             FOR UPDATE",
        )
        .bind(&self.consumer)
        .bind(&*parked.topic)
        .bind(&parked.sequence)
        .execute(&mut *tx)
        .await?;
        let is_empty: bool = sqlx::query_scalar(
            "WITH left_over AS MATERIALIZED (
                 SELECT FROM dead_letters
                 WHERE consumer = $1 AND topic = $2 AND sequence = $3 ORDER BY number LIMIT 1
             ), released AS (
                 DELETE FROM parked_sequences
                 WHERE consumer = $1 AND topic = $2 AND sequence = $3
                   AND NOT EXISTS (SELECT FROM left_over)
             )
             SELECT NOT EXISTS (SELECT FROM left_over)",
        )
        .bind(&self.consumer)
        .bind(&*parked.topic)
        .bind(&parked.sequence)
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(is_empty)
    }
}

impl Replays for PostgresReplays {
    fn requested(&mut self) -> BoxFuture<'_, Result<Option<Parked>, Failure>> {
        answered(self.next())
    }

    fn letters<'a>(
        &'a mut self,
        parked: &'a Parked,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Returning>, Failure>> {
        answered(self.first(parked, limit))
    }

    fn handled<'a>(&'a mut self, letters: &'a [Uuid]) -> BoxFuture<'a, Result<(), Failure>> {
        answered(self.take_out(letters))
    }

    fn failed<'a>(
        &'a mut self,
        parked: &'a Parked,
        letter: Uuid,
        failure: &'a Failure,
        fingerprint: String,
        attempts: u32,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        answered(self.note(parked, letter, failure, fingerprint, attempts))
    }

    fn release<'a>(&'a mut self, parked: &'a Parked) -> BoxFuture<'a, Result<bool, Failure>> {
        answered(self.let_flow(parked))
    }
}

fn returning(topic: &Arc<str>, row: &PgRow) -> Result<Returning, sqlx::Error> {
    let names: Vec<Option<String>> = row.try_get("header_names")?;
    let values: Vec<Option<Vec<u8>>> = row.try_get("header_values")?;
    // One without a name stands for headers that could not be read.
    let headers = names
        .iter()
        .zip(&values)
        .map(|(name, value)| Some((name.as_deref()?, value.as_deref())))
        .collect();
    let record = Record::restore(Parts {
        topic: topic.clone(),
        partition: row.try_get("partition")?,
        offset: row.try_get("position")?,
        key: row.try_get("key")?,
        headers,
        payload: row.try_get("payload")?,
    });
    Ok(Returning {
        id: row.try_get("id")?,
        record,
    })
}
