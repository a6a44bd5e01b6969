//! Names that somebody had, and that nobody else gets for a while. Hashes, so that nothing here names anybody.

use nova_ids::UserId;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::sql::username_hash;

/// Most names kept back of those that one user gave up: whoever renames an account again and again keeps no more from
/// others. Those given up before are free at once.
const KEPT_BACK: i64 = 10;

/// Keeps back a name that its owner gives up for another.
///
/// # Errors
/// When the database fails.
pub async fn give_up(
    tx: &mut PgConnection,
    user: UserId,
    username: &str,
    until: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query(concat!(
        "INSERT INTO retired_usernames (hash, user_id, free_at) VALUES (",
        username_hash!("$2"),
        ", $1, $3)
         ON CONFLICT (hash) DO UPDATE
         SET user_id = excluded.user_id, free_at = excluded.free_at",
    ))
    .bind(user.uuid())
    .bind(username)
    .bind(until)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "DELETE FROM retired_usernames WHERE hash IN (
             SELECT hash FROM retired_usernames WHERE user_id = $1
             ORDER BY free_at DESC OFFSET $2)",
    )
    .bind(user.uuid())
    .bind(KEPT_BACK)
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether the name, in whatever case, is kept back from the user.
///
/// # Errors
/// When the database fails.
pub async fn is_kept_back(
    tx: &mut PgConnection,
    username: &str,
    user: UserId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar(concat!(
        "SELECT EXISTS (SELECT FROM retired_usernames WHERE hash = ",
        username_hash!("$1"),
        " AND free_at > now() AND user_id IS DISTINCT FROM $2)",
    ))
    .bind(username)
    .bind(user.uuid())
    .fetch_one(tx)
    .await
}

/// Removes up to `limit` names that are free again, and says how many there were.
///
/// # Errors
/// When the database fails.
pub async fn delete_free(pool: &PgPool, now: OffsetDateTime, limit: i64) -> sqlx::Result<u64> {
    let deleted = sqlx::query(
        "DELETE FROM retired_usernames WHERE hash IN (
             SELECT hash FROM retired_usernames
             WHERE free_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind(now)
    .bind(limit)
    .execute(pool)
    .await?;
    Ok(deleted.rows_affected())
}
