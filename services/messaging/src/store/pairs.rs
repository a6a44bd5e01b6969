//! The one DIRECT of two users.

use nova_ids::{ConversationId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

/// Makes this the DIRECT of the two, unless they have one: then that is answered. Waits for whoever opens one for them at
/// the same time.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    tx: &mut PgConnection,
    one: UserId,
    other: UserId,
    id: ConversationId,
) -> sqlx::Result<Option<ConversationId>> {
    let (lesser, greater) = (one.min(other), one.max(other));
    let claimed = sqlx::query(
        "INSERT INTO pairs (user_id, other_id, conversation_id) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING",
    )
    .bind(lesser.uuid())
    .bind(greater.uuid())
    .bind(id.uuid())
    .execute(&mut *tx)
    .await?;
    if claimed.rows_affected() == 1 {
        return Ok(None);
    }
    let theirs: Uuid = sqlx::query_scalar(
        "SELECT conversation_id FROM pairs WHERE user_id = $1 AND other_id = $2",
    )
    .bind(lesser.uuid())
    .bind(greater.uuid())
    .fetch_one(tx)
    .await?;
    Ok(Some(theirs.into()))
}

/// Whose DIRECT it is besides this user's, if they are not gone for good.
///
/// # Errors
/// When the database fails.
pub async fn other(
    tx: &mut PgConnection,
    id: ConversationId,
    user: UserId,
) -> sqlx::Result<Option<UserId>> {
    let other: Option<Uuid> = sqlx::query_scalar(
        "SELECT other.id FROM pairs
         CROSS JOIN LATERAL (VALUES (pairs.user_id), (pairs.other_id)) AS other(id)
         WHERE conversation_id = $1 AND other.id <> $2
           AND NOT EXISTS (SELECT FROM accounts WHERE accounts.user_id = other.id AND erased)",
    )
    .bind(id.uuid())
    .bind(user.uuid())
    .fetch_optional(tx)
    .await?;
    Ok(other.map(UserId::from))
}
