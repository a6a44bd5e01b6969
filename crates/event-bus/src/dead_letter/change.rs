//! Asking for a replay, and discarding: both go through the sequences of a selection, so many at a time,
//! each lot in a transaction of its own that locks them in the order of the key.

use std::ops::AddAssign;

use sqlx::{PgConnection, Row};

use super::audit::Entry;
use super::outbox::put_back;
use super::selection::selected;
use super::{REPLAY_CHANNEL, Selection};
use crate::error::BusError;
use crate::outbox::{SLEEP_LOCK, WAKE_CHANNEL};
use crate::tables::{Schema, Tables};

/// Sequences that are locked together. Their events wait meanwhile.
const TOGETHER: i64 = 500;

/// What a replay or a discard came to; of a dry run, what it would have come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// Letters: of a replay all of the keys that are replayed, of a discard those taken out.
    pub letters: i64,
    /// Keys that will be replayed, or that flow again because nothing of them is left.
    pub keys: i64,
    /// Keys that stay parked after a discard, because letters are left of them. They are replayed by themselves.
    pub still_parked: i64,
    /// Letters that wait behind what was discarded.
    pub left: i64,
    /// Letters that were meant but that no replay can handle: those of the outbox that an older build
    /// parked without all of their row.
    pub not_replayable: i64,
}

impl AddAssign for Changed {
    fn add_assign(&mut self, other: Self) {
        self.letters += other.letters;
        self.keys += other.keys;
        self.still_parked += other.still_parked;
        self.left += other.left;
        self.not_replayable += other.not_replayable;
    }
}

/// Asks for a replay of every sequence that has a letter of this selection, whole and in order: the
/// consumer that holds the right to replay hears of it at once and runs it. A sequence whose letter fails
/// again stays parked and waits for the next request. Letters of the outbox go back into the outbox, with the
/// event ids that they had. With `dry_run` nothing changes. What is done is noted under `actor`'s name, if
/// anything was.
///
/// # Errors
/// When the database does not answer; what was asked for until then stays so.
pub async fn request_replay(
    tables: impl Into<Tables>,
    selection: &Selection,
    actor: &str,
    dry_run: bool,
) -> Result<Changed, BusError> {
    change(tables.into(), selection, actor, Action::Replay, dry_run).await
}

/// Takes the letters of a selection out unhandled. A sequence of which nothing is left flows again; one
/// that has others left is replayed by itself. A letter that is being replayed at this moment
/// may take effect all the same. With `dry_run` nothing changes. What is done is noted under `actor`'s
/// name, if anything was.
///
/// # Errors
/// When the database does not answer; what was discarded until then stays so.
pub async fn discard(
    tables: impl Into<Tables>,
    selection: &Selection,
    actor: &str,
    dry_run: bool,
) -> Result<Changed, BusError> {
    change(tables.into(), selection, actor, Action::Discard, dry_run).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Replay,
    Discard,
    /// A discard for the sake of what the letters hold.
    Purge,
}

/// Sequences, a list per column, in order.
struct Lot {
    schema: Schema,
    consumers: Vec<String>,
    topics: Vec<String>,
    sequences: Vec<Vec<u8>>,
}

pub(super) async fn change(
    tables: Tables,
    selection: &Selection,
    actor: &str,
    action: Action,
    dry_run: bool,
) -> Result<Changed, BusError> {
    let mut entry = Entry {
        actor,
        action: match action {
            Action::Replay => "replay",
            Action::Discard => "discard",
            Action::Purge => "purge",
        },
        selected: match (action, selection) {
            // It may be why they are purged.
            (Action::Purge, Selection::Key { .. }) => "a key".to_owned(),
            _ => selection.to_string(),
        },
        id: None,
        schema: tables.schema,
    };
    let mut changed = Changed::default();
    let mut lot = Lot::of(tables.schema);
    loop {
        let mut tx = tables.pool.begin().await?;
        lot = lot.next(&mut tx, selection).await?;
        if lot.sequences.is_empty() {
            return Ok(changed);
        }
        let of_lot = match action {
            Action::Replay => lot.replay(&mut tx, selection).await?,
            Action::Discard | Action::Purge => lot.discard(&mut tx, selection).await?,
        };
        changed += of_lot;
        // Doing it and undoing it is the dry run that cannot differ from the real one.
        if dry_run {
            tx.rollback().await?;
            continue;
        }
        if of_lot.letters > 0 {
            entry.add(&mut tx, of_lot.letters).await?;
        }
        tx.commit().await?;
    }
}

impl Lot {
    const fn of(schema: Schema) -> Self {
        Self {
            schema,
            consumers: Vec::new(),
            topics: Vec::new(),
            sequences: Vec::new(),
        }
    }

    /// The first sequences after these that have a letter of the selection.
    async fn next(
        &self,
        tx: &mut PgConnection,
        selection: &Selection,
    ) -> Result<Self, sqlx::Error> {
        let query = selection.bind(self.schema.sql(concat!(
            "SELECT DISTINCT consumer, topic, sequence FROM bus.dead_letters WHERE ",
            selected!(),
            " AND ($8::text IS NULL OR (consumer, topic, sequence) > ($8, $9, $10))
             ORDER BY consumer, topic, sequence LIMIT $11"
        )));
        let rows = query
            .bind(self.consumers.last())
            .bind(self.topics.last())
            .bind(self.sequences.last())
            .bind(TOGETHER)
            .fetch_all(tx)
            .await?;
        let mut lot = Self::of(self.schema);
        for row in rows {
            lot.consumers.push(row.try_get(0)?);
            lot.topics.push(row.try_get(1)?);
            lot.sequences.push(row.try_get(2)?);
        }
        Ok(lot)
    }

    async fn replay(
        &self,
        tx: &mut PgConnection,
        selection: &Selection,
    ) -> Result<Changed, sqlx::Error> {
        let (keys, letters, _consumers): (i64, i64, i64) = sqlx::query_as(self.schema.sql(
            "WITH lot AS (
                 SELECT * FROM UNNEST($1::text[], $2::text[], $3::bytea[])
                 AS lot(consumer, topic, sequence)
             ), locked AS MATERIALIZED (
                 SELECT consumer, topic, sequence
                 FROM bus.parked_sequences AS parked JOIN lot USING (consumer, topic, sequence)
                 ORDER BY consumer, topic, sequence FOR NO KEY UPDATE OF parked
             ), asked AS (
                 UPDATE bus.parked_sequences AS parked
                 SET replay_requested_at = coalesce(replay_requested_at, now())
                 FROM locked WHERE parked.consumer = locked.consumer
                   AND parked.topic = locked.topic AND parked.sequence = locked.sequence
             ), heard AS MATERIALIZED (
                 SELECT pg_notify($4, consumer) FROM (SELECT DISTINCT consumer FROM locked) AS consumers
             )
             SELECT (SELECT count(*) FROM locked),
                 (SELECT count(*) FROM locked JOIN bus.dead_letters USING (consumer, topic, sequence)),
                 (SELECT count(*) FROM heard)",
        ))
        .bind(&self.consumers)
        .bind(&self.topics)
        .bind(&self.sequences)
        .bind(self.schema.channel(REPLAY_CHANNEL))
        .fetch_one(&mut *tx)
        .await?;
        let put_back = selection.bind(self.schema.sql(put_back!(selected!())));
        let row = self
            .bind(put_back)
            .bind(self.schema.lock(SLEEP_LOCK))
            .bind(self.schema.channel(WAKE_CHANNEL))
            .fetch_one(&mut *tx)
            .await?;
        let put_back: i64 = row.try_get(0)?;
        let query = selection.bind(self.schema.sql(concat!(
            "SELECT count(*) FROM bus.dead_letters AS letter WHERE ",
            selected!(),
            " AND (consumer, topic, sequence) IN (
                 SELECT * FROM UNNEST($8::text[], $9::text[], $10::bytea[]))
              AND NOT EXISTS (SELECT FROM bus.parked_sequences AS parked
                 WHERE parked.consumer = letter.consumer AND parked.topic = letter.topic
                   AND parked.sequence = letter.sequence)"
        )));
        let row = self.bind(query).fetch_one(tx).await?;
        Ok(Changed {
            letters: letters + put_back,
            keys,
            not_replayable: row.try_get(0)?,
            ..Changed::default()
        })
    }

    /// With the lock that a release takes, so that nobody parks behind what goes away.
    async fn discard(
        &self,
        tx: &mut PgConnection,
        selection: &Selection,
    ) -> Result<Changed, sqlx::Error> {
        sqlx::query(self.schema.sql(
            "SELECT FROM bus.parked_sequences AS parked
             JOIN UNNEST($1::text[], $2::text[], $3::bytea[]) AS lot(consumer, topic, sequence)
             USING (consumer, topic, sequence)
             ORDER BY consumer, topic, sequence FOR UPDATE OF parked",
        ))
        .bind(&self.consumers)
        .bind(&self.topics)
        .bind(&self.sequences)
        .execute(&mut *tx)
        .await?;
        let query = selection.bind(self.schema.sql(concat!(
            "DELETE FROM bus.dead_letters WHERE ",
            selected!(),
            " AND (consumer, topic, sequence) IN (
                 SELECT * FROM UNNEST($8::text[], $9::text[], $10::bytea[]))"
        )));
        let letters = self.bind(query).execute(&mut *tx).await?.rows_affected();
        let changed = Changed {
            letters: i64::try_from(letters).unwrap_or(i64::MAX),
            ..Changed::default()
        };
        self.let_flow(tx, changed).await
    }

    /// A statement of its own: it must not see the letters that are gone.
    async fn let_flow(
        &self,
        tx: &mut PgConnection,
        changed: Changed,
    ) -> Result<Changed, sqlx::Error> {
        let (keys, still_parked, left) = sqlx::query_as(self.schema.sql(
            "WITH lot AS MATERIALIZED (
                 SELECT consumer, topic, sequence, (
                     SELECT count(*) FROM bus.dead_letters AS letter
                     WHERE letter.consumer = parked.consumer AND letter.topic = parked.topic
                       AND letter.sequence = parked.sequence AND NOT letter.aside) AS letters
                 FROM bus.parked_sequences AS parked
                 JOIN UNNEST($1::text[], $2::text[], $3::bytea[]) AS lot(consumer, topic, sequence)
                 USING (consumer, topic, sequence)
             ), released AS (
                 DELETE FROM bus.parked_sequences AS parked USING lot
                 WHERE lot.letters = 0 AND parked.consumer = lot.consumer
                   AND parked.topic = lot.topic AND parked.sequence = lot.sequence
             ), freed AS (
                 -- What blocked it may be gone.
                 UPDATE bus.parked_sequences AS parked SET next_at = now() FROM lot
                 WHERE lot.letters > 0 AND parked.consumer = lot.consumer
                   AND parked.topic = lot.topic AND parked.sequence = lot.sequence
             )
             SELECT count(*) FILTER (WHERE letters = 0), count(*) FILTER (WHERE letters > 0),
                 coalesce(sum(letters), 0)::bigint
             FROM lot",
        ))
        .bind(&self.consumers)
        .bind(&self.topics)
        .bind(&self.sequences)
        .fetch_one(tx)
        .await?;
        Ok(Changed {
            keys,
            still_parked,
            left,
            ..changed
        })
    }

    /// Values `$8` to `$10`.
    fn bind<'q>(
        &self,
        query: sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>,
    ) -> sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments> {
        query
            .bind(self.consumers.clone())
            .bind(self.topics.clone())
            .bind(self.sequences.clone())
    }
}
