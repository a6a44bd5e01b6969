//! Who does not want to see whom.

use nova_ids::UserId;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::Block;

/// Keeps a block or its end, unless a later state is known already, or one of the two is gone for good.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, block: Block) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO blocks (user_id, other_id, active, revision)
         SELECT $1, $2, $3, $4
         WHERE NOT EXISTS (SELECT FROM accounts WHERE user_id IN ($1, $2) AND erased)
         ON CONFLICT (user_id, other_id) DO UPDATE
         SET active = excluded.active, revision = excluded.revision, xact = excluded.xact
         WHERE blocks.revision < excluded.revision",
    )
    .bind(block.user_id.uuid())
    .bind(block.other_id.uuid())
    .bind(block.active)
    .bind(block.revision)
    .execute(tx)
    .await?;
    Ok(())
}

/// Whom the user does not see: those they block, and those who block them.
///
/// # Errors
/// When the database fails.
pub async fn of(pool: &PgPool, user: UserId) -> sqlx::Result<Vec<UserId>> {
    let others: Vec<Uuid> = sqlx::query_scalar(
        "SELECT other_id FROM blocks WHERE user_id = $1 AND active
         UNION SELECT user_id FROM blocks WHERE other_id = $1 AND active",
    )
    .bind(user.uuid())
    .fetch_all(pool)
    .await?;
    Ok(others.into_iter().map(UserId::from).collect())
}

/// Whether one of the two blocks the other.
///
/// # Errors
/// When the database fails.
pub async fn is_between(pool: &PgPool, one: UserId, other: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM blocks WHERE active
             AND ((user_id = $1 AND other_id = $2) OR (user_id = $2 AND other_id = $1)))",
    )
    .bind(one.uuid())
    .bind(other.uuid())
    .fetch_one(pool)
    .await
}
