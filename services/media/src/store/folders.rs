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

/// Lets the folder of an upload be removed once nobody writes into it any more. Whose turn it is may do so until it is over.
///
/// # Errors
/// When the database fails.
pub async fn doom_upload(tx: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE folders
         SET remove_at = greatest(now(), (SELECT writer_until FROM uploads WHERE id = $1))
         WHERE id = $1",
    )
    .bind(id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Lets a folder be removed now of which nothing but that is wanted, also if it has been and something was written into it
/// since.
///
/// # Errors
/// When the database fails.
pub async fn hasten(connection: &mut PgConnection, id: Uuid, owner: UserId) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO folders AS known (id, owner_id, remove_at) VALUES ($1, $2, now())
         ON CONFLICT (id) DO UPDATE SET remove_at = least(known.remove_at, now())
         WHERE known.remove_at IS NOT NULL",
    )
    .bind(id)
    .bind(owner.uuid())
    .execute(connection)
    .await?;
    Ok(())
}

/// Leaves a folder for later that cannot be removed now.
///
/// # Errors
/// When the database fails.
pub async fn put_off(pool: &PgPool, id: Uuid, by: Duration) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE folders SET remove_at = now() + make_interval(secs => $2)
         WHERE id = $1 AND remove_at <= now()",
    )
    .bind(id)
    .bind(by.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(())
}

/// How many folders are to be removed, and for how long the first of them has waited.
///
/// # Errors
/// When the database fails.
pub async fn backlog(pool: &PgPool) -> sqlx::Result<(i64, Duration)> {
    let row: (i64, f64) = sqlx::query_as(
        "SELECT count(*), COALESCE(EXTRACT(EPOCH FROM now() - min(remove_at)), 0)::float8
         FROM folders WHERE remove_at <= now()",
    )
    .fetch_one(pool)
    .await?;
    Ok((
        row.0,
        Duration::try_from_secs_f64(row.1).unwrap_or_default(),
    ))
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
