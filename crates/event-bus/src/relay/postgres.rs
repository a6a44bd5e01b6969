//! The outbox table, read and emptied over the connection that holds the leader lock.

use sqlx::postgres::{PgListener, PgRow};
use sqlx::{PgConnection, PgPool, Row};

use super::gaps::Horizon;
use super::rows::{Fields, Rows, Waiting};
use super::runs::Run;
use crate::error::BusError;
use crate::outbox::{SLEEP_LOCK, WAKE_CHANNEL};

/// Settings of the relay's own connection. The outbox is empty whenever anyone counts its rows, so the
/// planner believes that reading all of it is cheap; after a busy hour it is not. A deletion need not be on
/// disk before the next: what a crash brings back is published once more. And when the relay's machine is
/// gone without a word, the server is to notice, and give up the lock, within seconds rather than hours.
const SETTINGS: &str = "
    SET enable_seqscan = off; SET enable_bitmapscan = off; SET jit = off;
    SET synchronous_commit = off;
    SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3;
    SET tcp_user_timeout = 6000";

/// What appeared in the gaps, then what comes next. The first limit makes Postgres look up each gap by
/// its key, whatever it thinks of the table's size.
const READ: &str = "
    (SELECT found.*
     FROM UNNEST($1::bigint[], $2::bigint[]) AS gap(first, last),
     LATERAL (SELECT id, event_id, event_type, version, source, topic, key, subject, occurred_at,
                     correlation, causation, traceparent, tracestate, payload
              FROM outbox WHERE id BETWEEN gap.first AND gap.last ORDER BY id LIMIT $4) AS found
     ORDER BY id LIMIT $4)
    UNION ALL
    (SELECT id, event_id, event_type, version, source, topic, key, subject, occurred_at,
            correlation, causation, traceparent, tracestate, payload
     FROM outbox WHERE id > $3 ORDER BY id LIMIT $4)";

/// A run from here on is deleted as a range, at 1.0M rows/s against 0.58M; shorter ones together, id by id.
const LONG_RUN: i64 = 64;
const DELETE_RUN: &str = "DELETE FROM outbox WHERE id BETWEEN $1 AND $2";
const DELETE_IDS: &str = "DELETE FROM outbox WHERE id = ANY($1)";

/// The oldest transaction still running, and an id that none has reached that holds a row by now: our
/// own, taken now. (The end of a snapshot would not do: it is the first id of which nothing has *ended*,
/// and transactions beyond it may be running.)
const HORIZON: &str = "
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
           pg_current_xact_id()::text::bigint";

const PARK: &str = "
    WITH refused AS (DELETE FROM outbox WHERE id = $1 RETURNING *)
    INSERT INTO dead_letters (id, consumer, topic, partition, position, key, event_id,
        event_type, header_names, header_values, payload, code, reason, attempts)
    SELECT event_id, 'outbox', topic, -1, id, convert_to(key, 'UTF8'), event_id::text,
           event_type,
           ARRAY['ce_source', 'ce_subject', 'ce_dataversion'],
           ARRAY[convert_to(source, 'UTF8'), convert_to(subject, 'UTF8'),
                 convert_to(version, 'UTF8')],
           payload, 'invalid', $2, 1
    FROM refused
    ON CONFLICT DO NOTHING";

/// A row as it came from the server, not yet taken apart.
pub(super) struct Fetched {
    id: i64,
    row: PgRow,
}

impl Waiting for Fetched {
    fn id(&self) -> i64 {
        self.id
    }

    fn fields(&self) -> Result<Fields<'_>, BusError> {
        Ok(Fields {
            event_id: self.row.try_get(1)?,
            event_type: self.row.try_get(2)?,
            version: self.row.try_get(3)?,
            source: self.row.try_get(4)?,
            topic: self.row.try_get(5)?,
            key: self.row.try_get(6)?,
            subject: self.row.try_get(7)?,
            occurred_at: self.row.try_get(8)?,
            correlation: self.row.try_get(9)?,
            causation: self.row.try_get(10)?,
            traceparent: self.row.try_get(11)?,
            tracestate: self.row.try_get(12)?,
            payload: self.row.try_get(13)?,
        })
    }
}

/// The connection that holds the leader lock, and one that listens.
pub(super) struct Postgres {
    connection: PgConnection,
    listener: PgListener,
}

impl Postgres {
    /// Prepares the connection that holds the leader lock.
    pub(super) async fn new(pool: &PgPool, mut connection: PgConnection) -> Result<Self, BusError> {
        sqlx::raw_sql(SETTINGS).execute(&mut connection).await?;
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(WAKE_CHANNEL).await?;
        Ok(Self {
            connection,
            listener,
        })
    }
}

impl Rows for Postgres {
    type Row = Fetched;

    async fn read(
        &mut self,
        gaps: &[Run],
        after: i64,
        limit: usize,
    ) -> Result<Vec<Fetched>, BusError> {
        let (firsts, lasts): (Vec<i64>, Vec<i64>) =
            gaps.iter().map(|gap| (gap.first, gap.last)).unzip();
        let mut rows = sqlx::query(READ)
            .bind(firsts)
            .bind(lasts)
            .bind(after)
            .bind(limit as i64)
            .try_map(|row: PgRow| {
                let id = row.try_get(0)?;
                Ok(Fetched { id, row })
            })
            .fetch_all(&mut self.connection)
            .await?;
        // They are in order already, whatever Postgres promises about it.
        rows.sort_by_key(|row| row.id);
        Ok(rows)
    }

    async fn delete(&mut self, published: &[Run]) -> Result<(), BusError> {
        let (long, short): (Vec<Run>, Vec<Run>) = published
            .iter()
            .partition(|run| run.last - run.first >= LONG_RUN);
        for run in long {
            sqlx::query(DELETE_RUN)
                .bind(run.first)
                .bind(run.last)
                .execute(&mut self.connection)
                .await?;
        }
        let ids: Vec<i64> = short.iter().flat_map(|run| run.first..=run.last).collect();
        if !ids.is_empty() {
            sqlx::query(DELETE_IDS)
                .bind(ids)
                .execute(&mut self.connection)
                .await?;
        }
        Ok(())
    }

    async fn horizon(&mut self) -> Result<Horizon, BusError> {
        let (oldest, next) = sqlx::query_as(HORIZON)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(Horizon { oldest, next })
    }

    async fn park(&mut self, row: i64, why: &str) -> Result<(), BusError> {
        sqlx::query(PARK)
            .bind(row)
            .bind(why)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    async fn fall_asleep(&mut self) -> Result<bool, BusError> {
        let asleep = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)");
        Ok(asleep
            .bind(SLEEP_LOCK)
            .fetch_one(&mut self.connection)
            .await?)
    }

    async fn woken(&mut self) -> Result<(), BusError> {
        // `None`: the connection was lost and is new; the next look finds what it missed.
        let _notification = self.listener.try_recv().await?;
        // Many may have notified: one look serves them all.
        while let Some(_more) = self.listener.next_buffered() {}
        Ok(())
    }

    async fn wake_up(&mut self) -> Result<(), BusError> {
        sqlx::query("SELECT pg_advisory_unlock($1)")
            .bind(SLEEP_LOCK)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }
}
