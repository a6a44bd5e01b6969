//! Old keys are deleted.

use std::time::Duration;

use nova_resilience::Chain;
use tokio_util::sync::CancellationToken;

use crate::config::{ConfigError, Env};
use crate::postgres::{Database, within};

/// Deletes keys older than `NOVA_IDEMPOTENCY_TTL`.
#[derive(Debug)]
pub struct Sweeper {
    database: Database,
    ttl: Duration,
}

/// Rows deleted at once: few enough to hold no lock for long.
const SWEEP_BATCH: i64 = 1_000;

const SWEEP_EVERY: Duration = Duration::from_secs(60);

impl Sweeper {
    /// Deletes from this database what is older than [`read_ttl`] says.
    #[must_use]
    pub fn new(database: &Database, ttl: Duration) -> Self {
        Self {
            database: database.clone(),
            ttl,
        }
    }

    /// Sweeps once a minute until it is stopped. For [`Service::task`](crate::Service::task).
    pub async fn run(self, stop: CancellationToken) {
        let mut every = tokio::time::interval(SWEEP_EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(every.tick()).await.is_some() {
            let Some(swept) = stop.run_until_cancelled(self.sweep()).await else {
                return;
            };
            if let Err(error) = swept {
                tracing::warn!(error = %Chain(&error), "could not delete old idempotency keys");
            }
        }
    }

    async fn sweep(&self) -> Result<(), sqlx::Error> {
        loop {
            let deleted = sqlx::query(
                "DELETE FROM idempotency_keys WHERE ctid IN (SELECT ctid FROM idempotency_keys \
                 WHERE created_at < now() - make_interval(secs => $1) LIMIT $2 FOR UPDATE SKIP LOCKED)",
            )
            .bind(self.ttl.as_secs_f64())
            .bind(SWEEP_BATCH)
            .execute(&self.database.pool);
            let deleted = within(self.database.deadline, deleted).await?;
            if deleted.rows_affected() < SWEEP_BATCH.unsigned_abs() {
                return Ok(());
            }
        }
    }
}

/// Reads `NOVA_IDEMPOTENCY_TTL`.
///
/// # Errors
/// When it is not a duration.
pub fn read_ttl(env: &mut Env) -> Result<Duration, ConfigError> {
    env.read(
        "NOVA_IDEMPOTENCY_TTL",
        "24h",
        "how long an Idempotency-Key is remembered",
    )
}
