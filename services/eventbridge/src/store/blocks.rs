//! Who does not want to see whom.

use std::collections::HashMap;

use nova_ids::UserId;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::Blocked;

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
         SET active = excluded.active, revision = excluded.revision, xact = excluded.xact
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

/// Whom each of these users does not see, and is not seen by; of those who are gone nothing is answered.
///
/// # Errors
/// When the database fails.
pub async fn of(pool: &PgPool, users: &[UserId]) -> sqlx::Result<HashMap<UserId, Blocked>> {
    let ids: Vec<Uuid> = users.iter().map(|user| user.uuid()).collect();
    let found: Vec<(Uuid, Option<Uuid>)> = sqlx::query_as(
        "SELECT user_id, other_id FROM blocks WHERE active AND user_id = ANY($1)
         UNION ALL SELECT other_id, user_id FROM blocks WHERE active AND other_id = ANY($1)
         UNION ALL SELECT user_id, NULL FROM accounts WHERE hidden AND user_id = ANY($1)",
    )
    .bind(ids)
    .fetch_all(pool)
    .await?;
    let mut all: HashMap<UserId, Option<Vec<UserId>>> =
        users.iter().map(|user| (*user, Some(Vec::new()))).collect();
    for (user, other) in found {
        let blocked = all.entry(user.into()).or_default();
        match other {
            Some(other) => blocked.iter_mut().for_each(|all| all.push(other.into())),
            None => *blocked = None,
        }
    }
    let there = all.into_iter();
    Ok(there
        .filter_map(|(user, blocked)| Some((user, blocked?.into_iter().collect())))
        .collect())
}
