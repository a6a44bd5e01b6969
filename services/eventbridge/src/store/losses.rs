//! What is gone for every stream.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::domain::{Loss, Reason};

/// Notes a loss. Its number is the next, and can be seen after all lesser ones: until the transaction has ended nobody else
/// notes one. Postgres cuts times off after microseconds: it ends with the next one, for it lies around what is missing.
///
/// # Errors
/// When the database fails.
pub async fn save(
    tx: &mut PgConnection,
    reason: Reason,
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query(
        "WITH next AS (UPDATE loss_number SET number = number + 1 RETURNING number)
         INSERT INTO losses (number, reason, began_at, ended_at)
         SELECT number, $1, $2, $3 FROM next",
    )
    .bind(reason.word())
    .bind(from)
    .bind(to + Duration::from_nanos(999))
    .execute(tx)
    .await?;
    Ok(())
}

/// Losses after the one with this number, in ascending order, at most 10,000.
///
/// # Errors
/// When the database fails.
pub async fn after(pool: &PgPool, number: u64) -> sqlx::Result<Vec<Loss>> {
    let rows: Vec<(i64, String, OffsetDateTime, OffsetDateTime)> = sqlx::query_as(
        "SELECT number, reason, began_at, ended_at FROM losses
         WHERE number > $1 ORDER BY number LIMIT 10000",
    )
    .bind(i64::try_from(number).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await?;
    let losses = rows.into_iter().filter_map(|(number, reason, from, to)| {
        let reason = if reason == Reason::Reset.word() {
            Reason::Reset
        } else {
            Reason::Dropped
        };
        Some(Loss {
            number: u64::try_from(number).ok()?,
            reason,
            from,
            to,
        })
    });
    Ok(losses.collect())
}

/// Forgets what was noted before this time, of which nobody can still be told.
///
/// # Errors
/// When the database fails.
pub async fn forget(pool: &PgPool, before: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM losses WHERE at < $1")
        .bind(before)
        .execute(pool)
        .await?;
    Ok(())
}
