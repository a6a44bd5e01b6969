//! The outbox table, read and emptied over the connection that holds the leader lock.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions, PgRow};
use sqlx::{Connection as _, PgConnection, Row};
use time::OffsetDateTime;

use super::gaps::Horizon;
use super::rows::{Fields, Rows, Waiting};
use super::runs::Run;
use crate::error::BusError;
use crate::outbox::{SLEEP_LOCK, WAKE_CHANNEL};
use crate::tables::{Schema, Tables, within};

/// Settings of the relay's own connection. The outbox is empty whenever anyone counts its rows, so the
/// planner believes that reading all of it is cheap; after a busy hour it is not. A deletion need not be on
/// disk before the next: what a crash brings back is published once more. And when the relay is gone without
/// a word, the server is to notice, and give up the lock, within seconds rather than hours: also when
/// something on the way still answers in its place, or its process stands still. So the leader says a word
/// every other second (see `attention.rs`).
const SETTINGS: &str = "
    SET enable_seqscan = off; SET enable_bitmapscan = off; SET jit = off;
    SET synchronous_commit = off;
    SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3;
    SET tcp_user_timeout = 6000; SET idle_session_timeout = '10s'";

/// What appeared in the gaps, then what comes next. The first limit makes Postgres look up each gap by
/// its key, whatever it thinks of the table's size.
const READ: &str = "
    (SELECT found.*
     FROM UNNEST($1::bigint[], $2::bigint[]) AS gap(first, last),
     LATERAL (SELECT id, event_id, event_type, version, source, topic, key, subject, occurred_at,
                     correlation, causation, traceparent, tracestate, payload
              FROM bus.outbox WHERE id BETWEEN gap.first AND gap.last ORDER BY id LIMIT $4) AS found
     ORDER BY id LIMIT $4)
    UNION ALL
    (SELECT id, event_id, event_type, version, source, topic, key, subject, occurred_at,
            correlation, causation, traceparent, tracestate, payload
     FROM bus.outbox WHERE id > $3 ORDER BY id LIMIT $4)";

/// A run from here on is deleted as a range, at 1.0M rows/s against 0.58M; shorter ones together, id by id.
const LONG_RUN: i64 = 64;
const DELETE_RUN: &str = "DELETE FROM bus.outbox WHERE id BETWEEN $1 AND $2";
const DELETE_IDS: &str = "DELETE FROM bus.outbox WHERE id = ANY($1)";

/// The oldest transaction still running, and an id that none has reached that holds a row by now: our
/// own, taken now. (The end of a snapshot would not do: it is the first id of which nothing has *ended*,
/// and transactions beyond it may be running.)
const HORIZON: &str = "
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
           pg_current_xact_id()::text::bigint";

/// The first row that waits, and since when.
const OLDEST: &str = "SELECT id, occurred_at FROM bus.outbox WHERE id >= $1 ORDER BY id LIMIT 1";

/// The whole row, as the message would have been: a replay makes it a row again. A row has no content of its
/// own to be told apart by, but an event has an id.
const PARK: &str = "
    WITH refused AS (DELETE FROM bus.outbox WHERE id = $1 RETURNING *)
    INSERT INTO bus.dead_letters (id, consumer, topic, partition, position, content, key, event_id,
        event_type, header_names, header_values, payload, code, reason, attempts)
    SELECT event_id, 'outbox', topic, -1, id, hashtextextended(event_id::text, 0),
           convert_to(key, 'UTF8'), event_id::text, event_type, header.names, header.values, payload,
           'invalid', $2, 1
    FROM refused, LATERAL (
        SELECT array_agg(name ORDER BY place) AS names,
               array_agg(convert_to(value, 'UTF8') ORDER BY place) AS values
        FROM (VALUES
            (1, 'ce_source', source), (2, 'ce_subject', subject), (3, 'ce_dataversion', version),
            (4, 'ce_time', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')),
            (5, 'ce_correlationid', correlation), (6, 'ce_causationid', causation),
            (7, 'traceparent', traceparent), (8, 'tracestate', tracestate)
        ) AS header(place, name, value)
        WHERE value IS NOT NULL
    ) AS header
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

/// A connection of the relay's own, like those of the pool.
pub(super) async fn connect(tables: &Tables) -> Result<PgConnection, BusError> {
    let options = tables.pool.connect_options();
    Ok(within(tables.deadline, PgConnection::connect_with(&options)).await?)
}

/// The connection that holds the leader lock, and one that listens.
pub(super) struct Postgres {
    connection: PgConnection,
    listener: PgListener,
    schema: Schema,
    deadline: Duration,
}

impl Postgres {
    /// Prepares the connection that holds the leader lock.
    pub(super) async fn new(
        tables: &Tables,
        mut connection: PgConnection,
    ) -> Result<Self, BusError> {
        let Tables {
            pool,
            schema,
            deadline,
        } = tables;
        within(*deadline, sqlx::raw_sql(SETTINGS).execute(&mut connection)).await?;
        // A listener that is given up says goodbye, which a server that is gone never answers: it must not
        // keep a place in the service's pool.
        let options = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(*deadline);
        let own = options.connect_lazy_with((*pool.connect_options()).clone());
        let channel = schema.channel(WAKE_CHANNEL);
        let listener = within(*deadline, async {
            let mut listener = PgListener::connect_with(&own).await?;
            listener.listen(&channel).await?;
            Ok(listener)
        });
        Ok(Self {
            listener: listener.await?,
            connection,
            schema: *schema,
            deadline: *deadline,
        })
    }

    /// One statement that changes something.
    async fn execute(
        &mut self,
        statement: sqlx::query::Query<'_, sqlx::Postgres, sqlx::postgres::PgArguments>,
    ) -> Result<(), BusError> {
        within(self.deadline, statement.execute(&mut self.connection)).await?;
        Ok(())
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
        let rows = sqlx::query(self.schema.sql(READ))
            .bind(firsts)
            .bind(lasts)
            .bind(after)
            .bind(limit as i64)
            .try_map(|row: PgRow| {
                let id = row.try_get(0)?;
                Ok(Fetched { id, row })
            })
            .fetch_all(&mut self.connection);
        let mut rows = within(self.deadline, rows).await?;
        // They are in order already, whatever Postgres promises about it.
        rows.sort_by_key(|row| row.id);
        Ok(rows)
    }

    async fn oldest(&mut self, from: i64) -> Result<Option<(i64, OffsetDateTime)>, BusError> {
        let oldest = sqlx::query_as(self.schema.sql(OLDEST))
            .bind(from)
            .fetch_optional(&mut self.connection);
        Ok(within(self.deadline, oldest).await?)
    }

    async fn delete(&mut self, published: &[Run]) -> Result<(), BusError> {
        let (long, short): (Vec<Run>, Vec<Run>) = published
            .iter()
            .partition(|run| run.last - run.first >= LONG_RUN);
        for run in long {
            let delete = sqlx::query(self.schema.sql(DELETE_RUN));
            self.execute(delete.bind(run.first).bind(run.last)).await?;
        }
        let ids: Vec<i64> = short.iter().flat_map(|run| run.first..=run.last).collect();
        if !ids.is_empty() {
            self.execute(sqlx::query(self.schema.sql(DELETE_IDS)).bind(ids))
                .await?;
        }
        Ok(())
    }

    async fn horizon(&mut self) -> Result<Horizon, BusError> {
        let horizon = sqlx::query_as(HORIZON).fetch_one(&mut self.connection);
        let (oldest, next) = within(self.deadline, horizon).await?;
        Ok(Horizon { oldest, next })
    }

    async fn park(&mut self, row: i64, why: &str) -> Result<(), BusError> {
        self.execute(sqlx::query(self.schema.sql(PARK)).bind(row).bind(why))
            .await
    }

    async fn fall_asleep(&mut self) -> Result<bool, BusError> {
        let asleep = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(self.schema.lock(SLEEP_LOCK))
            .fetch_one(&mut self.connection);
        Ok(within(self.deadline, asleep).await?)
    }

    async fn woken(&mut self) -> Result<(), BusError> {
        // `None`: the connection was lost and is new; the next look finds what it missed.
        let _notification = self.listener.try_recv().await?;
        // Many may have notified: one look serves them all.
        while let Some(_more) = self.listener.next_buffered() {}
        Ok(())
    }

    async fn wake_up(&mut self) -> Result<(), BusError> {
        let awake = sqlx::query("SELECT pg_advisory_unlock($1)");
        self.execute(awake.bind(self.schema.lock(SLEEP_LOCK))).await
    }
}
