//! Which events have taken effect already.

use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::{PgConnection, PgPool};
use uuid::{NoContext, Timestamp, Uuid};

/// How long an event's id is remembered. Kafka keeps a topic for seven days by default; what is older
/// cannot be delivered again except by hand.
const KEPT: Duration = Duration::from_secs(8 * 24 * 3_600);
const SWEPT_AT_ONCE: i64 = 5_000;

/// Claims the events for this transaction; those not returned have taken effect before. A concurrent
/// claim of the same event waits until that transaction ends.
pub(crate) async fn claim(
    tx: &mut PgConnection,
    consumer: &str,
    events: &[Uuid],
) -> Result<HashSet<Uuid>, sqlx::Error> {
    let new: Vec<Uuid> = sqlx::query_scalar(
        "INSERT INTO inbox (consumer, event_id) SELECT $1, UNNEST($2::uuid[])
         ON CONFLICT DO NOTHING RETURNING event_id",
    )
    .bind(consumer)
    .bind(events)
    .fetch_all(tx)
    .await?;
    Ok(new.into_iter().collect())
}

/// Forgets events older than [`KEPT`], in small batches; returns how many.
pub(crate) async fn sweep(pool: &PgPool, consumer: &str) -> Result<u64, sqlx::Error> {
    let mut forgotten = 0;
    loop {
        let batch = sqlx::query(
            "DELETE FROM inbox WHERE (consumer, event_id) IN (
                 SELECT consumer, event_id FROM inbox
                 WHERE consumer = $1 AND event_id < $2 ORDER BY event_id LIMIT $3)",
        )
        .bind(consumer)
        .bind(oldest_kept())
        .bind(SWEPT_AT_ONCE)
        .execute(pool)
        .await?
        .rows_affected();
        forgotten += batch;
        if batch < SWEPT_AT_ONCE as u64 {
            return Ok(forgotten);
        }
    }
}

fn oldest_kept() -> Uuid {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let at = Timestamp::from_unix(NoContext, now.saturating_sub(KEPT).as_secs(), 0);
    let mut bytes = *Uuid::new_v7(at).as_bytes();
    // The lowest id of that second: only the time is compared.
    if let Some(random) = bytes.get_mut(6..) {
        random.fill(0);
    }
    Uuid::from_bytes(bytes)
}
