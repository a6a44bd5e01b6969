//! The first connection, to a database that may not be there yet.

use std::time::Duration;

use nova_resilience::Backoff;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use tokio::time::Instant;

use super::{Settings, sqlstate, within};

/// Connects, trying again while the server is merely not there yet.
pub(super) async fn patiently(
    settings: &Settings,
    service: &str,
    connect: impl AsyncFn() -> Result<PgConnection, sqlx::Error>,
) -> Result<PgConnection, sqlx::Error> {
    let deadline = Instant::now() + settings.patience;
    let backoff = Backoff::standard();
    let mut failures = 0;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let error = match within(left, connect()).await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        failures += 1;
        let wait = backoff.wait(failures).min(Duration::from_secs(1));
        if !is_not_there_yet(&error) || Instant::now() + wait > deadline {
            return Err(error);
        }
        // The waits double to a second, so this is about one line a second.
        if failures > 4 {
            tracing::warn!(service, %error, "waiting for Postgres");
        }
        tokio::time::sleep(wait).await;
    }
}

/// Connects, and makes the database if it is not there.
pub(super) async fn connect_or_create(settings: &Settings) -> Result<PgConnection, sqlx::Error> {
    let options = settings.server.clone().database(&settings.database);
    match options.connect().await {
        Err(error) if sqlstate(&error).as_deref() == Some("3D000") => {}
        connected => return connected,
    }
    let mut maintenance = settings
        .server
        .clone()
        .database("postgres")
        .connect()
        .await?;
    // The name is made of a-z, 0-9 and _ only.
    let create = format!("CREATE DATABASE \"{}\"", settings.database);
    let created = sqlx::query(AssertSqlSafe(create))
        .execute(&mut maintenance)
        .await;
    maintenance.close().await.ok();
    match created {
        // 42P04, 23505: another process was faster.
        Err(error) if !matches!(sqlstate(&error).as_deref(), Some("42P04" | "23505")) => Err(error),
        _ => options.connect().await,
    }
}

/// Errors of a server that is starting, stopping or busy making another database.
fn is_not_there_yet(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(_))
        || matches!(
            sqlstate(error).as_deref(),
            Some("53300" | "55006" | "57P01" | "57P02" | "57P03")
        )
}
