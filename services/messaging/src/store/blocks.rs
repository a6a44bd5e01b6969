//! Who has blocked whom, as far as user-events told it. Nothing is kept of who is gone for good.

use sqlx::PgConnection;

use crate::domain::Block;

/// Keeps a block or its end for both of the two, unless a later state is known already. Rows are locked in the order of
/// their key, or two who block each other would deadlock.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, block: Block) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO blocks (user_id, other_id, blocks, blocks_revision, is_blocked, is_blocked_revision)
         SELECT pair.* FROM (VALUES
             ($1::uuid, $2::uuid, $3::boolean, $4::bigint, false, 0),
             ($2, $1, false, 0, $3, $4)) AS pair(user_id, other_id)
         WHERE NOT EXISTS (SELECT FROM accounts WHERE user_id IN ($1, $2) AND erased)
         ORDER BY user_id, other_id
         ON CONFLICT (user_id, other_id) DO UPDATE
         SET blocks = CASE WHEN blocks.blocks_revision < excluded.blocks_revision
                           THEN excluded.blocks ELSE blocks.blocks END,
             blocks_revision = GREATEST(blocks.blocks_revision, excluded.blocks_revision),
             is_blocked = CASE WHEN blocks.is_blocked_revision < excluded.is_blocked_revision
                               THEN excluded.is_blocked ELSE blocks.is_blocked END,
             is_blocked_revision = GREATEST(blocks.is_blocked_revision, excluded.is_blocked_revision)
         WHERE blocks.blocks_revision < excluded.blocks_revision
            OR blocks.is_blocked_revision < excluded.is_blocked_revision",
    )
    .bind(block.user_id.uuid())
    .bind(block.blocked_id.uuid())
    .bind(block.active)
    .bind(block.revision)
    .execute(tx)
    .await?;
    Ok(())
}
