//! Brings the tables of the bus up to date.

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection};

use crate::error::BusError;
use crate::tables::{Schema, Tables};

/// What leads from each version of the tables to the next; the first from nothing. Never changed: a database
/// may have any of these versions.
const STEPS: [&str; 2] = [
    include_str!("../schema/0001.sql"),
    include_str!("../schema/0002.sql"),
];

/// What the comment on the table `outbox` says before the version. The first version has none.
const COMMENT: &str = "nova-event-bus ";

/// Advisory lock of the one who changes the tables of a schema.
const LOCK: i64 = 0x6e6f_7661_0005;

/// How long to wait for another who changes the tables.
const OTHERS: &str = "SET LOCAL lock_timeout = '5min'";
/// How long to wait for a table. Everyone else who wants it waits behind us.
const TABLE: &str = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = 0";
/// How long all of it may take.
const ALL: Duration = Duration::from_mins(15);

/// Makes the tables of the bus, and the schema if they are to be in one of their own, or brings older ones up to
/// date: in one transaction, and one process after the other. Tables that are newer than this program are left as
/// they are.
///
/// The role must own the tables of older versions. Where migrations are run by other means, let those run
/// [`SCHEMA`](crate::SCHEMA) instead.
///
/// # Errors
/// When the database refuses, when a table could not be locked within 5 s (try again), or when all of it took longer
/// than 15 min. Nothing has been changed then.
pub async fn migrate(tables: impl Into<Tables>) -> Result<(), BusError> {
    let tables = tables.into();
    let done = tokio::time::timeout(ALL, async {
        let mut tx = tables.pool.begin().await?;
        step_by_step(&mut tx, tables.schema).await?;
        tx.commit().await?;
        Ok(())
    });
    let late = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    done.await.map_err(late)?
}

async fn step_by_step(tx: &mut PgConnection, schema: Schema) -> Result<(), BusError> {
    sqlx::raw_sql(OTHERS).execute(&mut *tx).await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(schema.lock(LOCK))
        .execute(&mut *tx)
        .await?;
    sqlx::raw_sql(TABLE).execute(&mut *tx).await?;
    enter(tx, schema).await?;
    let version = version(tx).await?;
    for (made, step) in (1..).zip(STEPS) {
        if made > version {
            sqlx::raw_sql(AssertSqlSafe(on_any_server(step)))
                .execute(&mut *tx)
                .await?;
        }
    }
    if version < STEPS.len() {
        tracing::info!(
            from = version,
            to = STEPS.len(),
            "the event tables are up to date"
        );
    }
    Ok(())
}

/// Makes the schema if there is none, and names it no more until the transaction ends.
async fn enter(tx: &mut PgConnection, schema: Schema) -> Result<(), sqlx::Error> {
    let name = schema.name();
    if name.is_empty() {
        return Ok(());
    }
    // Not IF NOT EXISTS: that wants the right to make one even where it is there.
    let is_there: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
            .bind(name)
            .fetch_one(&mut *tx)
            .await?;
    // The name is one of plain letters: see `Tables::schema`.
    if !is_there {
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA \"{name}\"")))
            .execute(&mut *tx)
            .await?;
    }
    sqlx::raw_sql(AssertSqlSafe(format!(
        "SET LOCAL search_path TO \"{name}\""
    )))
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// 0 where there are no tables.
async fn version(tx: &mut PgConnection) -> Result<usize, BusError> {
    let (outbox, is_ours, comment): (bool, bool, Option<String>) = sqlx::query_as(
        "SELECT to_regclass('outbox') IS NOT NULL, to_regclass('parked_sequences') IS NOT NULL,
                obj_description(to_regclass('outbox'), 'pg_class')",
    )
    .fetch_one(tx)
    .await?;
    let said = comment
        .as_deref()
        .and_then(|comment| comment.strip_prefix(COMMENT));
    match said.and_then(|version| version.parse().ok()) {
        Some(version) => Ok(version),
        None if is_ours => Ok(1),
        None if outbox => Err(BusError::ForeignTables),
        None => Ok(0),
    }
}

/// The first step as Postgres 14 understands it, too: what it says of nulls the second one takes back.
fn on_any_server(step: &str) -> String {
    step.replace("UNIQUE NULLS NOT DISTINCT", "UNIQUE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_says_its_version() {
        let comment = format!("COMMENT ON TABLE outbox IS '{COMMENT}{}'", STEPS.len());
        assert!(STEPS.last().is_some_and(|step| step.contains(&comment)));
        assert_eq!(STEPS.concat(), crate::SCHEMA);
    }
}
