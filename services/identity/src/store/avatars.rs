//! Pictures of users that lie with media.

use nova_ids::{MediaId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::User;

/// Gives the user this picture, unless a later one is known; the user then. Whoever has left may come back, and has it.
///
/// # Errors
/// When the database fails.
pub async fn wear(
    tx: &mut PgConnection,
    user: UserId,
    medium: MediaId,
    url: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<User>> {
    sqlx::query_as(
        "UPDATE users SET avatar_url = $3, avatar_id = $2, revision = revision + 1,
                          updated_at = greatest(updated_at, date_trunc('milliseconds', $4))
         WHERE id = $1 AND NOT erased AND (avatar_id IS NULL OR avatar_id < $2)
         RETURNING id, username, display_name, avatar_url, locked, revision, updated_at",
    )
    .bind(user.uuid())
    .bind(medium.uuid())
    .bind(url)
    .bind(now)
    .fetch_optional(tx)
    .await
}

/// Leaves the user without this picture, whose address ends with `path`, if they still wear it; the user then.
///
/// # Errors
/// When the database fails.
pub async fn take_off(
    tx: &mut PgConnection,
    user: UserId,
    medium: MediaId,
    path: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<User>> {
    // Nothing that comes late puts it on again.
    sqlx::query(
        "UPDATE users SET avatar_id = $2
         WHERE id = $1 AND NOT erased AND (avatar_id IS NULL OR avatar_id < $2)",
    )
    .bind(user.uuid())
    .bind(medium.uuid())
    .execute(&mut *tx)
    .await?;
    sqlx::query_as(
        "UPDATE users SET avatar_url = NULL, revision = revision + 1,
                          updated_at = greatest(updated_at, date_trunc('milliseconds', $4))
         WHERE id = $1 AND avatar_id = $2 AND right(avatar_url, length($3)) = $3
         RETURNING id, username, display_name, avatar_url, locked, revision, updated_at",
    )
    .bind(user.uuid())
    .bind(medium.uuid())
    .bind(path)
    .bind(now)
    .fetch_optional(tx)
    .await
}
