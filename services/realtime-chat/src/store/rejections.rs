//! What was not taken of what sockets sent.

use nova_ids::UserId;
use sqlx::{PgConnection, PgPool};

/// Keeps a rejection until all nodes have looked. Nothing is kept of who is gone for good.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, user: UserId, payload: &[u8]) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO rejections (user_id, payload) SELECT $1, $2
         WHERE NOT EXISTS (SELECT FROM accounts WHERE user_id = $1 AND erased)",
    )
    .bind(user.uuid())
    .bind(payload)
    .execute(tx)
    .await?;
    Ok(())
}

/// Lets go of those that are older than `seconds`, at most `batch` of them; how many there were.
///
/// # Errors
/// When the database fails.
pub async fn forget(pool: &PgPool, seconds: f64, batch: i64) -> sqlx::Result<u64> {
    let gone = sqlx::query(
        "DELETE FROM rejections WHERE id IN (
             SELECT id FROM rejections WHERE at < now() - make_interval(secs => $1) LIMIT $2)",
    )
    .bind(seconds)
    .bind(batch)
    .execute(pool)
    .await?;
    Ok(gone.rows_affected())
}
