//! Users who are gone for good, and the members of whose conversations are still to be told.

use nova_ids::{ConversationId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

/// Notes that a user is gone for good. Again is not more.
///
/// # Errors
/// When the database fails.
pub async fn begin(tx: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO departures (user_id) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(user.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// Takes a user whom nobody else has taken, until the transaction ends. Only once every transaction has ended that may not
/// have seen that they are gone: of what one of them wrote nobody would be told.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut PgConnection) -> sqlx::Result<Option<UserId>> {
    sqlx::query(
        "UPDATE departures SET begun = pg_current_xact_id() WHERE user_id IN (
             SELECT user_id FROM departures WHERE begun IS NULL FOR UPDATE SKIP LOCKED)",
    )
    .execute(&mut *tx)
    .await?;
    let user: Option<Uuid> = sqlx::query_scalar(
        "SELECT user_id FROM departures
         WHERE begun < pg_snapshot_xmin(pg_current_snapshot())
         ORDER BY since LIMIT 1 FOR UPDATE SKIP LOCKED",
    )
    .fetch_optional(tx)
    .await?;
    Ok(user.map(UserId::from))
}

/// Notes that all has been told.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM departures WHERE user_id = $1")
        .bind(user.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// At most `limit` conversations that a user is in, in the order of their ids.
///
/// # Errors
/// When the database fails.
pub async fn memberships(
    tx: &mut PgConnection,
    user: UserId,
    limit: i64,
) -> sqlx::Result<Vec<ConversationId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "SELECT conversation_id FROM members WHERE user_id = $1 ORDER BY conversation_id LIMIT $2",
    )
    .bind(user.uuid())
    .bind(limit)
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(ConversationId::from).collect())
}
