//! Erasing what is kept of users who are gone for good, a few rows at a time.
//!
//! A service that keeps anything of users has the table of [`TABLE`]. At `UserDeleted` it makes what is left
//! invisible, refuses what may come late, and calls [`begin`], all in one transaction; an [`Eraser`] does the rest.

use std::time::Duration;

use nova_ids::UserId;
use nova_resilience::Chain;
use sqlx::{PgConnection, Postgres, Transaction};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::postgres::{Database, commit, within};

/// The table that a migration of the service makes.
pub const TABLE: &str = "CREATE TABLE erasures (
    user_id uuid        PRIMARY KEY,
    since   timestamptz NOT NULL DEFAULT now(),
    -- Transactions up to this one may not have seen yet that the user is gone.
    begun   xid8
);";

/// Rows erased in one transaction: few enough to hold no lock for long.
const BATCH: i64 = 500;

/// The table is looked at again after this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Erases users, step by step.
#[derive(Debug)]
pub struct Eraser {
    database: Database,
    steps: &'static [&'static str],
}

/// Notes that the user is to be erased. Again is not more.
///
/// # Errors
/// When the database fails.
pub async fn begin(tx: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO erasures (user_id) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(user.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

impl Eraser {
    /// Erases by these steps, one after the other, in this database: statements that each erase at most `$2` rows of user
    /// `$1`, and affect fewer once all are gone.
    #[must_use]
    pub fn new(database: &Database, steps: &'static [&'static str]) -> Self {
        Self {
            database: database.clone(),
            steps,
        }
    }

    /// Erases whoever is to be erased until it is stopped. For [`Service::task`](crate::platform::Service::task).
    /// Replicas share the work; what one has left undone another does.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let wait = match stop.run_until_cancelled(Box::pin(self.round())).await {
                None => return,
                Some(Ok(true)) => continue,
                Some(Ok(false)) => LOOK_EVERY,
                Some(Err(error)) => {
                    tracing::warn!(error = %Chain(&error), "could not erase a user");
                    LOOK_EVERY
                }
            };
            if stop
                .run_until_cancelled(tokio::time::sleep(wait))
                .await
                .is_none()
            {
                return;
            }
        }
    }

    /// Whether there may be more to do at once.
    async fn round(&self) -> sqlx::Result<bool> {
        within(self.database.deadline, async {
            let mut tx = self.database.pool.begin().await?;
            let next = next(&mut tx).await?;
            if let Some(user) = next {
                self.erase(&mut tx, user).await?;
            }
            commit(tx).await?;
            Ok(next.is_some())
        })
        .await
    }

    /// Goes through the steps until one has more to do than is done at a time.
    async fn erase(&self, tx: &mut Transaction<'static, Postgres>, user: Uuid) -> sqlx::Result<()> {
        for step in self.steps {
            let erased = sqlx::query(*step).bind(user).bind(BATCH);
            if erased.execute(&mut **tx).await?.rows_affected() >= BATCH.unsigned_abs() {
                return Ok(());
            }
        }
        sqlx::query("DELETE FROM erasures WHERE user_id = $1")
            .bind(user)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

/// Takes a user whom nobody else has taken. Only once every transaction has ended that may not have seen that they are
/// gone: what one of them wrote would stay.
async fn next(tx: &mut PgConnection) -> sqlx::Result<Option<Uuid>> {
    sqlx::query(
        "UPDATE erasures SET begun = pg_current_xact_id() WHERE user_id IN (
             SELECT user_id FROM erasures WHERE begun IS NULL LIMIT $1 FOR UPDATE SKIP LOCKED)",
    )
    .bind(BATCH)
    .execute(&mut *tx)
    .await?;
    sqlx::query_scalar(
        "SELECT user_id FROM erasures
         WHERE begun < pg_snapshot_xmin(pg_current_snapshot())
         ORDER BY since LIMIT 1 FOR UPDATE SKIP LOCKED",
    )
    .fetch_optional(tx)
    .await
}
