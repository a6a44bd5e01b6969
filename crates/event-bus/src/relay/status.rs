//! What stands in an outbox, for operators.

use std::time::Duration;

use super::LEADER_LOCK;
use crate::outbox::OutboxError;
use crate::tables::{Tables, within};

/// Rows are counted one by one up to here; beyond, the number is Postgres's own estimate.
const COUNTED: i64 = 100_000;

/// How an outbox fares.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxStatus {
    /// Events waiting to be published.
    pub rows: u64,
    /// Whether `rows` was counted; if not it is an estimate, and there are more than 100,000.
    pub is_exact: bool,
    /// Age of the event that has waited longest, by the beginning of its transaction; nothing when none waits.
    pub oldest: Option<Duration>,
    /// Rows that Postgres believes to be alive.
    pub live_tuples: u64,
    /// Deleted rows that vacuum has not removed yet.
    pub dead_tuples: u64,
    /// Bytes on disk of the table, with what is stored out of line.
    pub table_bytes: u64,
    /// Bytes on disk of its index.
    pub index_bytes: u64,
    /// Whether some process relays it at this moment.
    pub is_relayed: bool,
}

const STATUS: &str = "
    SELECT (SELECT count(*) FROM (SELECT FROM bus.outbox LIMIT $1 + 1) AS counted),
           (SELECT extract(epoch FROM clock_timestamp() - occurred_at)::float8
            FROM bus.outbox ORDER BY id LIMIT 1),
           coalesce(n_live_tup, 0), coalesce(n_dead_tup, 0),
           pg_table_size('bus.outbox'), pg_indexes_size('bus.outbox'),
           EXISTS (SELECT FROM pg_locks
                   WHERE locktype = 'advisory' AND granted AND objsubid = 1
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                     AND (classid::bigint << 32 | objid::bigint) = $2)
    FROM (SELECT) AS one LEFT JOIN pg_stat_user_tables ON relid = 'bus.outbox'::regclass";

type Line = (i64, Option<f64>, i64, i64, i64, i64, bool);

/// Looks at an outbox. Cheap also when millions of events wait.
///
/// # Errors
/// When the database does not answer within the deadline of these tables, or has no outbox.
pub async fn outbox_status(tables: impl Into<Tables>) -> Result<OutboxStatus, OutboxError> {
    let Tables {
        pool,
        schema,
        deadline,
    } = tables.into();
    let status = sqlx::query_as(schema.sql(STATUS))
        .bind(COUNTED)
        .bind(schema.lock(LEADER_LOCK))
        .fetch_one(&pool);
    let line: Line = within(deadline, status).await?;
    let (counted, oldest, live, dead, table, index, is_relayed) = line;
    let is_exact = counted <= COUNTED;
    let number = |value: i64| u64::try_from(value).unwrap_or_default();
    Ok(OutboxStatus {
        rows: number(if is_exact { counted } else { live.max(counted) }),
        is_exact,
        oldest: oldest.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()),
        live_tuples: number(live),
        dead_tuples: number(dead),
        table_bytes: number(table),
        index_bytes: number(index),
        is_relayed,
    })
}
