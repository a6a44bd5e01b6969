use std::time::Duration;

use nova_resilience::Chain;
use nova_service::postgres::{Database, within};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::domain::{EXPORT_KEPT, REQUEST_LIFETIME};
use crate::store::{exports, mail_tokens, sessions, usernames};

/// How often is looked for what is over. Nothing depends on it: what is over is refused or served to nobody, whether it
/// is still there or not.
const EVERY: Duration = Duration::from_secs(60);

/// Most rows deleted in one statement, so that no lock is held for long.
const BATCH: i64 = 1_000;

/// As [`BATCH`], of exports, whose parts are large.
const EXPORTS: i64 = 100;

/// Removes what is over, until `stop`.
pub(crate) async fn sweep(database: Database, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        stop.run_until_cancelled(Box::pin(round(&database))).await;
    }
}

async fn round(database: &Database) {
    let pool = &database.pool;
    let now = OffsetDateTime::now_utc();
    all(database, "refresh tokens", BATCH, |most| {
        sessions::delete_expired_tokens(pool, now, most)
    })
    .await;
    all(database, "sessions", BATCH, |most| {
        sessions::delete_expired(pool, now, most)
    })
    .await;
    // While the request for a mail may come once more, its token must be known as used or sent.
    all(database, "tokens of mails", BATCH, |most| {
        mail_tokens::delete_expired(pool, now - REQUEST_LIFETIME, most)
    })
    .await;
    all(database, "exports", EXPORTS, |most| {
        exports::delete_over(pool, now - EXPORT_KEPT, most)
    })
    .await;
    all(database, "parts of exports", EXPORTS, |most| {
        exports::delete_parts(pool, most)
    })
    .await;
    all(database, "usernames kept back", BATCH, |most| {
        usernames::delete_free(pool, now, most)
    })
    .await;
}

/// Removes all that is over of a kind, batch by batch. Where that fails the next round goes on.
async fn all<F>(database: &Database, what: &str, most: i64, delete: impl Fn(i64) -> F)
where
    F: Future<Output = sqlx::Result<u64>>,
{
    let mut rows = 0;
    loop {
        match within(database.deadline, delete(most)).await {
            Ok(deleted) => {
                rows += deleted;
                if deleted < most.unsigned_abs() {
                    break;
                }
            }
            Err(error) => {
                tracing::warn!(what, error = %Chain(&error), "could not remove what is over");
                break;
            }
        }
    }
    if rows > 0 {
        tracing::debug!(what, rows, "removed what is over");
    }
}
