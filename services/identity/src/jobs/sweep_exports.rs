use std::time::Duration;

use nova_resilience::Chain;
use nova_service::postgres::{Database, within};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::domain::EXPORT_KEPT;
use crate::store::exports;

/// How often is looked for what is over. Nothing depends on it: it is served to nobody, whether it is still there or not.
const EVERY: Duration = Duration::from_secs(60);

/// Most rows deleted in one statement. Parts are large.
const BATCH: i64 = 100;

/// Removes exports whose time is over, with their parts, until `stop`.
pub(crate) async fn sweep_exports(database: Database, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        if let Err(error) = sweep(&database).await {
            tracing::warn!(error = %Chain(&error), "could not remove exports");
        }
    }
}

async fn sweep(database: &Database) -> sqlx::Result<()> {
    let Database { pool, deadline, .. } = database;
    let before = OffsetDateTime::now_utc() - EXPORT_KEPT;
    while within(*deadline, exports::delete_over(pool, before, BATCH)).await? > 0 {}
    while within(*deadline, exports::delete_parts(pool, BATCH)).await? > 0 {}
    Ok(())
}
