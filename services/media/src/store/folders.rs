//! Folders of the store of files: what is there, and what is to be removed.

use std::time::Duration;

use nova_ids::UserId;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Whoever makes a folder theirs does so at least this long before it would be removed: by then every transaction that did has
/// ended.
const MARGIN: Duration = Duration::from_secs(60);

/// Notes that a folder is there from now on, which is removed after this time unless [`adopt`] comes before.
///
/// # Errors
/// When the database fails.
pub async fn add(
    tx: &mut PgConnection,
    id: Uuid,
    owner: UserId,
    removed_after: Option<Duration>,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO folders (id, owner_id, remove_at)
         VALUES ($1, $2, now() + make_interval(secs => $3))",
    )
    .bind(id)
    .bind(owner.uuid())
    .bind(removed_after.map(|time| (time + MARGIN).as_secs_f64()))
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps a folder until [`doom`]. False when it is too late.
///
/// # Errors
/// When the database fails.
pub async fn adopt(tx: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let kept = sqlx::query(
        "UPDATE folders SET remove_at = NULL
         WHERE id = $1 AND remove_at > now() + make_interval(secs => $2)",
    )
    .bind(id)
    .bind(MARGIN.as_secs_f64())
    .execute(tx)
    .await?;
    Ok(kept.rows_affected() > 0)
}

/// Lets a folder be removed from now on.
///
/// # Errors
/// When the database fails.
pub async fn doom(tx: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("UPDATE folders SET remove_at = now() WHERE id = $1")
        .bind(id)
        .execute(tx)
        .await?;
    Ok(())
}

/// Lets a folder be removed into which something may have been written after it was. One that is known is left as it is.
///
/// # Errors
/// When the database fails.
pub async fn doom_if_gone(
    connection: &mut PgConnection,
    id: Uuid,
    owner: UserId,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO folders (id, owner_id, remove_at) VALUES ($1, $2, now())
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .bind(owner.uuid())
    .execute(connection)
    .await?;
    Ok(())
}

/// At most `limit` folders that are to be removed, those that have waited longest first.
///
/// # Errors
/// When the database fails.
pub async fn doomed(pool: &PgPool, limit: i64) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "SELECT id FROM folders WHERE remove_at <= now() ORDER BY remove_at LIMIT $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Notes that a folder is there no more.
///
/// # Errors
/// When the database fails.
pub async fn removed(pool: &PgPool, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM folders WHERE id = $1 AND remove_at <= now()")
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}
