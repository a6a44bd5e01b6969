use std::time::Duration;

use nova_resilience::Chain;
use nova_service::postgres::{Database, within};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::domain::REQUEST_LIFETIME;
use crate::store::mail_tokens;

/// How often is looked for what has expired. Nothing depends on it.
const EVERY: Duration = Duration::from_secs(60);

/// Most rows deleted in one statement, so that no lock is held for long.
const BATCH: i64 = 1_000;

/// Removes the tokens in mails, until `stop`, some time after they have expired: while the request for the mail may come
/// once more, they must be known as used or sent.
pub(crate) async fn sweep_mail_tokens(database: Database, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        match sweep(&database).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "removed expired tokens of mails"),
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "could not remove expired tokens of mails");
            }
        }
    }
}

/// Removes everything that nobody can ask for again, batch by batch, and says how many rows that were.
async fn sweep(database: &Database) -> sqlx::Result<u64> {
    let Database { pool, deadline, .. } = database;
    let before = OffsetDateTime::now_utc() - REQUEST_LIFETIME;
    let mut rows = 0;
    loop {
        let deleted = mail_tokens::delete_expired(pool, before, BATCH);
        let deleted = within(*deadline, deleted).await?;
        rows += deleted;
        if deleted < BATCH.unsigned_abs() {
            return Ok(rows);
        }
    }
}
