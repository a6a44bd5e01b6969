//! All that is kept of users who have asked for it: what other services tell of them, until it has been kept for a day.

use nova_ids::{ExportId, UserId};
use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Export, ExportPart};

/// The export that a user has asked for.
///
/// # Errors
/// When the database fails.
pub async fn find(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Option<Export>> {
    let found: Option<(Uuid, OffsetDateTime, Option<OffsetDateTime>)> =
        sqlx::query_as("SELECT id, requested_at, ready_at FROM exports WHERE user_id = $1")
            .bind(user.uuid())
            .fetch_optional(db)
            .await?;
    Ok(found.map(|(id, requested_at, ready_at)| Export {
        id: id.into(),
        requested_at,
        ready_at,
    }))
}

/// Puts a new export in the place of the one that there may be. The caller holds the lock of the user's row.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    tx: &mut PgConnection,
    user: UserId,
    id: ExportId,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO exports (user_id, id, requested_at) VALUES ($1, $2, $3)
         ON CONFLICT (user_id) DO UPDATE
         SET id = excluded.id, requested_at = excluded.requested_at, ready_at = NULL",
    )
    .bind(user.uuid())
    .bind(id.uuid())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps a part of an export that is being made, once, and notes when it was the last that was missing: all parts of
/// each of these services are there. What comes for any other export is of no use.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut PgConnection, part: &ExportPart, services: &[&str]) -> sqlx::Result<()> {
    // Parts of one export one after the other, or two that come at the same time would each miss the other.
    let held = sqlx::query(
        "SELECT FROM exports WHERE user_id = $1 AND id = $2 AND ready_at IS NULL FOR UPDATE",
    )
    .bind(part.user_id.uuid())
    .bind(part.export_id.uuid())
    .execute(&mut *tx)
    .await?;
    if held.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO export_parts (export_id, service, number, user_id, last, content)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(part.export_id.uuid())
    .bind(part.service)
    .bind(part.number)
    .bind(part.user_id.uuid())
    .bind(part.last)
    .bind(&part.items)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE exports SET ready_at = now()
         WHERE id = $1 AND NOT EXISTS (
             SELECT FROM UNNEST($2::text[]) AS wanted(service)
             WHERE NOT EXISTS (
                 SELECT FROM export_parts AS part
                 WHERE part.export_id = $1 AND part.service = wanted.service AND part.last
                   AND part.number = (SELECT count(*) FROM export_parts AS kept
                                      WHERE kept.export_id = $1 AND kept.service = wanted.service)))",
    )
    .bind(part.export_id.uuid())
    .bind(services)
    .execute(tx)
    .await?;
    Ok(())
}

/// A part: its items, and whether it is the service's last one. None when the export is no more.
///
/// # Errors
/// When the database fails.
pub async fn part(
    pool: &PgPool,
    id: ExportId,
    service: &str,
    number: i32,
) -> sqlx::Result<Option<(Vec<u8>, bool)>> {
    sqlx::query_as(
        "SELECT content, last FROM export_parts
         WHERE export_id = $1 AND service = $2 AND number = $3",
    )
    .bind(id.uuid())
    .bind(service)
    .bind(number)
    .fetch_optional(pool)
    .await
}

/// Deletes at most `limit` exports that were finished before then, or asked for and never finished; how many those were.
///
/// # Errors
/// When the database fails.
pub async fn delete_over(pool: &PgPool, before: OffsetDateTime, limit: i64) -> sqlx::Result<u64> {
    let deleted = sqlx::query(
        "DELETE FROM exports WHERE user_id IN (
             SELECT user_id FROM exports WHERE COALESCE(ready_at, requested_at) <= $1
             LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind(before)
    .bind(limit)
    .execute(pool)
    .await?;
    Ok(deleted.rows_affected())
}

/// Deletes at most `limit` parts of exports that are no more; how many those were.
///
/// # Errors
/// When the database fails.
pub async fn delete_parts(pool: &PgPool, limit: i64) -> sqlx::Result<u64> {
    let deleted = sqlx::query(
        "DELETE FROM export_parts WHERE (export_id, service, number) IN (
             SELECT export_id, service, number FROM export_parts AS part
             WHERE NOT EXISTS (SELECT FROM exports WHERE exports.id = part.export_id)
             LIMIT $1 FOR UPDATE SKIP LOCKED)",
    )
    .bind(limit)
    .execute(pool)
    .await?;
    Ok(deleted.rows_affected())
}
