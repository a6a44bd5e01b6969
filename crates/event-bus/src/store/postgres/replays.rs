//! Replaying: how rows of `dead_letters` become records again.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

use super::{answered, letters};
use crate::failure::Failure;
use crate::record::{Parts, Record};
use crate::store::{Due, FailedAgain, Most, Parked, Replays, Returning};
use crate::tables::{Schema, Tables, within};

/// Seed of the advisory lock that the one who replays a consumer's dead letters holds for as long as its
/// connection lives; the lock is the hash of the consumer's name with it.
const REPLAY_LOCK: i64 = 0x6e6f_7661_0003;

/// The server ends a connection that is silent for so long, and with it the lock of a process that is gone without
/// a word. Its owner looks for work every second.
const SETTINGS: &str = "SET idle_session_timeout = '10s'";

/// Bytes of payload that are replayed at once, but for the first letter.
const BYTES: i64 = 16 << 20;

// What was asked for goes before what goes by itself.
const DUE: &str = "
    SELECT topic, sequence, tries, replay_requested_at IS NULL AS automatic,
        coalesce(fingerprint, '') AS fingerprint
    FROM bus.parked_sequences AS parked
    WHERE consumer = $1
      AND (replay_requested_at IS NOT NULL OR next_at <= now() AND NOT EXISTS (
          SELECT FROM bus.held_groups AS held WHERE held.fingerprint = parked.fingerprint))
      AND (topic, sequence) NOT IN (SELECT * FROM UNNEST($2::text[], $3::bytea[]))
    ORDER BY replay_requested_at IS NULL, coalesce(replay_requested_at, next_at), topic, sequence
    LIMIT $4";

// A payload that is stored out of line is not read before it is chosen.
const LETTERS: &str = "
    SELECT place, id, partition, position, key, header_names, header_values, payload FROM (
        SELECT place, letter.*,
            sum(coalesce(octet_length(letter.payload), 0)) OVER (ORDER BY place, letter.number)
                - coalesce(octet_length(letter.payload), 0) AS before
        FROM UNNEST($2::text[], $3::bytea[]) WITH ORDINALITY AS due(topic, sequence, place),
        LATERAL (
            SELECT id, number, partition, position, key, header_names, header_values, payload
            FROM bus.dead_letters AS letter
            WHERE consumer = $1 AND letter.topic = due.topic AND letter.sequence = due.sequence
              AND NOT aside
            ORDER BY number LIMIT $4
        ) AS letter
    ) AS chosen
    WHERE before < $5 ORDER BY place, number";

// Once it blocks a sequence, a letter of another group has been tried by nobody else.
const FAILED: &str = "
    UPDATE bus.parked_sequences SET replay_requested_at = NULL,
        next_at = now() + make_interval(secs => $4), tries = $5, fingerprint = $6,
        builds = CASE WHEN $8 THEN ARRAY[$7] WHEN $7 = ANY(builds) THEN builds
                 ELSE (ARRAY[$7] || builds)[1:16] END
    WHERE consumer = $1 AND topic = $2 AND sequence = $3
      AND EXISTS (SELECT FROM bus.dead_letters WHERE id = $9)";

const FAILED_LETTER: &str = "
    UPDATE bus.dead_letters SET failed = true, replays = replays + 1, replayed_at = now(),
        attempts = attempts + $2, fingerprint = $3, code = $4, reason = $5
    WHERE id = $1";

// Two statements: the second must see what was parked while the first waited for its locks.
const LOCK: &str = "
    SELECT FROM bus.parked_sequences AS parked
    JOIN UNNEST($2::text[], $3::bytea[]) AS lot(topic, sequence) USING (topic, sequence)
    WHERE consumer = $1 ORDER BY topic, sequence FOR UPDATE OF parked";

// Each asks for the first letter, which the index gives; any letter would be looked for in the whole table.
const RELEASE: &str = "
    DELETE FROM bus.parked_sequences AS parked
    USING UNNEST($2::text[], $3::bytea[]) AS lot(topic, sequence)
    WHERE parked.consumer = $1 AND parked.topic = lot.topic AND parked.sequence = lot.sequence
      AND (SELECT id FROM bus.dead_letters AS letter
           WHERE letter.consumer = $1 AND letter.topic = lot.topic AND letter.sequence = lot.sequence
             AND NOT letter.aside
           ORDER BY number LIMIT 1) IS NULL
    RETURNING parked.topic, parked.sequence";

/// The right to replay a consumer's dead letters, which is the advisory lock of this connection.
pub(crate) struct PostgresReplays {
    connection: PgConnection,
    schema: Schema,
    deadline: Duration,
    consumer: String,
}

impl PostgresReplays {
    pub(super) async fn begin(
        tables: &Tables,
        consumer: &str,
    ) -> Result<Option<Self>, sqlx::Error> {
        let lock = tables.schema.lock(REPLAY_LOCK);
        // Asked for one statement first, so that who stands by needs no connection of their own each time.
        let free = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(hashtextextended($1, $2))");
        let mut lent = tables.lend().await?;
        let asked = free.bind(consumer).bind(lock).fetch_one(lent.connection()?);
        let is_free: bool = within(tables.deadline, asked).await?;
        if !is_free {
            lent.give_back();
            return Ok(None);
        }
        // Detached before it is locked: whenever this is dropped, the lock goes with the connection and
        // not back into the pool.
        let mut connection = lent.detach()?;
        let settle = sqlx::raw_sql(SETTINGS).execute(&mut connection);
        within(tables.deadline, settle).await?;
        let asked = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, $2))");
        let asked = asked.bind(consumer).bind(lock).fetch_one(&mut connection);
        let is_locked: bool = within(tables.deadline, asked).await?;
        Ok(is_locked.then_some(Self {
            connection,
            schema: tables.schema,
            deadline: tables.deadline,
            consumer: consumer.to_owned(),
        }))
    }

    async fn look(&mut self, in_hand: &[Parked], most: Most) -> Result<Vec<Due>, sqlx::Error> {
        let (topics, sequences) = lists(in_hand);
        let asked = sqlx::query(self.schema.sql(DUE))
            .bind(&self.consumer)
            .bind(topics)
            .bind(sequences)
            .bind(i64::try_from(most.sequences).unwrap_or(i64::MAX))
            .try_map(|row| due(&row))
            .fetch_all(&mut self.connection);
        let mut all = within(self.deadline, asked).await?;
        if !all.is_empty() {
            self.fetch(&mut all, most).await?;
        }
        Ok(all)
    }

    async fn fetch(&mut self, all: &mut [Due], most: Most) -> Result<(), sqlx::Error> {
        let parked: Vec<Parked> = all.iter().map(|due| due.parked.clone()).collect();
        let (topics, sequences) = lists(&parked);
        let of_each = (most.letters / all.len()).max(1);
        let asked = sqlx::query(self.schema.sql(LETTERS))
            .bind(&self.consumer)
            .bind(topics)
            .bind(sequences)
            .bind(i64::try_from(of_each).unwrap_or(i64::MAX))
            .bind(BYTES)
            .fetch_all(&mut self.connection);
        for row in within(self.deadline, asked).await? {
            let place: i64 = row.try_get("place")?;
            let at = usize::try_from(place - 1).unwrap_or(usize::MAX);
            if let Some(due) = all.get_mut(at) {
                let letter = returning(&due.parked.topic, &row)?;
                due.letters.push(letter);
            }
        }
        Ok(())
    }

    /// The sequence first, as everyone does who locks both. Of a letter that was discarded meanwhile there is nothing
    /// to note: what was behind it is due.
    async fn note(
        &mut self,
        parked: &Parked,
        again: &FailedAgain,
        build: &str,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.connection.begin().await?;
        sqlx::query(self.schema.sql(LOCK))
            .bind(&self.consumer)
            .bind([&*parked.topic])
            .bind([&*parked.sequence])
            .execute(&mut *tx)
            .await?;
        sqlx::query(self.schema.sql(FAILED))
            .bind(&self.consumer)
            .bind(&*parked.topic)
            .bind(&parked.sequence)
            .bind(again.again.map(|again| again.as_secs_f64()))
            .bind(i32::try_from(again.tries).unwrap_or(i32::MAX))
            .bind(&again.fingerprint)
            .bind(build)
            .bind(again.is_another)
            .bind(again.letter)
            .execute(&mut *tx)
            .await?;
        sqlx::query(self.schema.sql(FAILED_LETTER))
            .bind(again.letter)
            .bind(i32::try_from(again.attempts).unwrap_or(i32::MAX / 2))
            .bind(&again.fingerprint)
            .bind(again.failure.code.as_str())
            .bind(letters::reason(&again.failure))
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    async fn let_flow(&mut self, parked: &[Parked]) -> Result<Vec<Parked>, sqlx::Error> {
        let (topics, sequences) = lists(parked);
        let mut tx = self.connection.begin().await?;
        sqlx::query(self.schema.sql(LOCK))
            .bind(&self.consumer)
            .bind(&topics)
            .bind(&sequences)
            .execute(&mut *tx)
            .await?;
        let released: Vec<(String, Vec<u8>)> = sqlx::query_as(self.schema.sql(RELEASE))
            .bind(&self.consumer)
            .bind(&topics)
            .bind(&sequences)
            .fetch_all(&mut *tx)
            .await?;
        tx.commit().await?;
        let parked = |(topic, sequence): (String, Vec<u8>)| Parked {
            topic: topic.into(),
            sequence,
        };
        Ok(released.into_iter().map(parked).collect())
    }

    /// One statement of which nobody wants to know more.
    async fn run(&mut self, query: Bound<'_>) -> Result<(), sqlx::Error> {
        within(self.deadline, query.execute(&mut self.connection)).await?;
        Ok(())
    }
}

type Bound<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

impl Replays for PostgresReplays {
    fn renew<'a>(&'a mut self, build: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        let renew = sqlx::query(self.schema.sql(
            "UPDATE bus.parked_sequences SET next_at = now()
             WHERE consumer = $1 AND next_at IS NULL AND NOT builds @> ARRAY[$2]",
        ));
        let renew = renew.bind(self.consumer.clone()).bind(build);
        answered(self.run(renew))
    }

    fn due<'a>(
        &'a mut self,
        in_hand: &'a [Parked],
        most: Most,
    ) -> BoxFuture<'a, Result<Vec<Due>, Failure>> {
        answered(self.look(in_hand, most))
    }

    fn handled<'a>(&'a mut self, letters: &'a [Uuid]) -> BoxFuture<'a, Result<(), Failure>> {
        let delete = self
            .schema
            .sql("DELETE FROM bus.dead_letters WHERE id = ANY($1)");
        answered(self.run(sqlx::query(delete).bind(letters)))
    }

    fn set_aside(&mut self, letter: Uuid) -> BoxFuture<'_, Result<(), Failure>> {
        let set = self.schema.sql(
            "UPDATE bus.dead_letters SET aside = true, failed = true, code = 'invalid', reason = $2
             WHERE id = $1",
        );
        answered(self.run(sqlx::query(set).bind(letter).bind(super::aside::REASON)))
    }

    fn failed<'a>(
        &'a mut self,
        parked: &'a Parked,
        again: &'a FailedAgain,
        build: &'a str,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        let deadline = self.deadline;
        answered(async move { within(deadline, self.note(parked, again, build)).await })
    }

    fn release<'a>(
        &'a mut self,
        parked: &'a [Parked],
    ) -> BoxFuture<'a, Result<Vec<Parked>, Failure>> {
        let deadline = self.deadline;
        answered(async move { within(deadline, self.let_flow(parked)).await })
    }

    fn tell<'a>(&'a mut self, group: &'a str, letters: u64) -> BoxFuture<'a, Result<(), Failure>> {
        let tell = sqlx::query(self.schema.sql(
            "INSERT INTO bus.dead_letter_audit (actor, action, selected, letters)
             VALUES ('automatic', 'replay', $1, $2)",
        ));
        let tell = tell
            .bind(format!("group {group}"))
            .bind(i64::try_from(letters).unwrap_or(i64::MAX));
        answered(self.run(tell))
    }
}

fn lists(parked: &[Parked]) -> (Vec<&str>, Vec<&[u8]>) {
    let lists = parked
        .iter()
        .map(|parked| (&*parked.topic, &*parked.sequence));
    lists.unzip()
}

fn due(row: &PgRow) -> Result<Due, sqlx::Error> {
    let topic: String = row.try_get("topic")?;
    let is_automatic: bool = row.try_get("automatic")?;
    let tries: i32 = row.try_get("tries")?;
    Ok(Due {
        parked: Parked {
            topic: topic.into(),
            sequence: row.try_get("sequence")?,
        },
        tries: u32::try_from(tries).unwrap_or_default(),
        automatic: is_automatic
            .then(|| row.try_get("fingerprint"))
            .transpose()?,
        letters: Vec::new(),
    })
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
