//! The follow graph, as far as user-events told it. Nothing is kept of who is gone for good.

use sqlx::PgConnection;

use crate::domain::{Block, Follow};

/// Keeps a follow or its end, unless a later state of the pair is known already.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, follow: Follow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO follows (follower_id, followee_id, active, revision)
         SELECT $1, $2, $3, $4
         WHERE NOT EXISTS (SELECT FROM accounts WHERE user_id IN ($1, $2) AND erased)
         ON CONFLICT (follower_id, followee_id) DO UPDATE
         SET active = excluded.active, revision = excluded.revision
         WHERE follows.revision < excluded.revision",
    )
    .bind(follow.follower_id.uuid())
    .bind(follow.followee_id.uuid())
    .bind(follow.active)
    .bind(follow.revision)
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps a block or its end for both of the two, unless a later state is known already. Rows are locked in the order of
/// their key, or two who block each other would deadlock.
///
/// # Errors
/// When the database fails.
pub async fn save_block(tx: &mut PgConnection, block: Block) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO follows (follower_id, followee_id, active, revision,
                              blocks, blocks_revision, is_blocked, is_blocked_revision)
         SELECT pair.* FROM (VALUES
             ($1::uuid, $2::uuid, false, 0, $3::boolean, $4::bigint, false, 0),
             ($2, $1, false, 0, false, 0, $3, $4)) AS pair(follower_id, followee_id)
         WHERE NOT EXISTS (SELECT FROM accounts WHERE user_id IN ($1, $2) AND erased)
         ORDER BY follower_id, followee_id
         ON CONFLICT (follower_id, followee_id) DO UPDATE
         SET blocks = CASE WHEN follows.blocks_revision < excluded.blocks_revision
                           THEN excluded.blocks ELSE follows.blocks END,
             blocks_revision = GREATEST(follows.blocks_revision, excluded.blocks_revision),
             is_blocked = CASE WHEN follows.is_blocked_revision < excluded.is_blocked_revision
                               THEN excluded.is_blocked ELSE follows.is_blocked END,
             is_blocked_revision = GREATEST(follows.is_blocked_revision, excluded.is_blocked_revision)
         WHERE follows.blocks_revision < excluded.blocks_revision
            OR follows.is_blocked_revision < excluded.is_blocked_revision",
    )
    .bind(block.user_id.uuid())
    .bind(block.blocked_id.uuid())
    .bind(block.active)
    .bind(block.revision)
    .execute(tx)
    .await?;
    Ok(())
}
