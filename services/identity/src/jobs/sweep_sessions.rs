use std::time::Duration;

use nova_resilience::Chain;
use nova_service::postgres::{Database, within};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::store::sessions;

/// How often is looked for what has expired. Nothing depends on it: what has expired is refused whether it
/// is still there or not.
const EVERY: Duration = Duration::from_secs(60);

/// Most rows deleted in one statement, so that no lock is held for long.
const BATCH: i64 = 1_000;

/// Removes sessions and refresh tokens that have expired, until `stop`.
pub(crate) async fn sweep_sessions(database: Database, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        match sweep(&database).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "removed expired sessions and refresh tokens"),
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "could not remove expired sessions");
            }
        }
    }
}

/// Removes everything that has expired, batch by batch, and says how many rows that were.
async fn sweep(database: &Database) -> sqlx::Result<u64> {
    let Database { pool, deadline, .. } = database;
    let now = OffsetDateTime::now_utc();
    let mut rows = 0;
    loop {
        let tokens = sessions::delete_expired_tokens(pool, now, BATCH);
        let tokens = within(*deadline, tokens).await?;
        let sessions = within(*deadline, sessions::delete_expired(pool, now, BATCH)).await?;
        rows += tokens + sessions;
        if tokens.max(sessions) < BATCH.unsigned_abs() {
            return Ok(rows);
        }
    }
}
