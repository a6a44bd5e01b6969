//! Who does not want to see whom.

use std::collections::HashSet;

use nova_ids::UserId;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A block, or its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Who blocks.
    pub user_id: UserId,
    /// Whom.
    pub other_id: UserId,
    /// Whether it has not ended.
    pub active: bool,
    /// The greater of two is the later.
    pub revision: i64,
}

/// Notes blocks and their ends, unless later ones are known.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, blocks: &[Block]) -> sqlx::Result<()> {
    if blocks.is_empty() {
        return Ok(());
    }
    let users: Vec<Uuid> = blocks.iter().map(|block| block.user_id.uuid()).collect();
    let others: Vec<Uuid> = blocks.iter().map(|block| block.other_id.uuid()).collect();
    let active: Vec<bool> = blocks.iter().map(|block| block.active).collect();
    let revisions: Vec<i64> = blocks.iter().map(|block| block.revision).collect();
    // A pair may be there twice, which one statement cannot write twice.
    sqlx::query(
        "INSERT INTO blocks (user_id, other_id, active, revision)
         SELECT DISTINCT ON (user_id, other_id) user_id, other_id, active, revision
         FROM UNNEST($1::uuid[], $2::uuid[], $3::boolean[], $4::bigint[])
              AS block(user_id, other_id, active, revision)
         ORDER BY user_id, other_id, revision DESC
         ON CONFLICT (user_id, other_id) DO UPDATE
         SET active = excluded.active, revision = excluded.revision
         WHERE blocks.revision < excluded.revision",
    )
    .bind(users)
    .bind(others)
    .bind(active)
    .bind(revisions)
    .execute(tx)
    .await?;
    Ok(())
}

/// Those pairs of one of the first and one of the others in which one blocks the other.
///
/// # Errors
/// When the database fails.
pub async fn among(
    pool: &PgPool,
    ones: &[UserId],
    others: &[UserId],
) -> sqlx::Result<HashSet<(UserId, UserId)>> {
    if ones.is_empty() || others.is_empty() {
        return Ok(HashSet::new());
    }
    let ids = |users: &[UserId]| -> Vec<Uuid> { users.iter().map(|user| user.uuid()).collect() };
    let pairs: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "SELECT user_id, other_id FROM blocks
         WHERE active AND user_id = ANY($1) AND other_id = ANY($2)
         UNION
         SELECT other_id, user_id FROM blocks
         WHERE active AND other_id = ANY($1) AND user_id = ANY($2)",
    )
    .bind(ids(ones))
    .bind(ids(others))
    .fetch_all(pool)
    .await?;
    let pairs = pairs.into_iter();
    Ok(pairs
        .map(|(one, other)| (one.into(), other.into()))
        .collect())
}
