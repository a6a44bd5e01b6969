//! The follow graph, as far as user-events told it.

use nova_ids::UserId;
use sqlx::PgConnection;
use uuid::Uuid;

/// How things stand between two users since a certain revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Follow {
    /// The one who follows, or did.
    pub follower_id: UserId,
    /// The one who is followed, or was.
    pub followee_id: UserId,
    /// Whether it is a follow or the end of one.
    pub active: bool,
    /// Grows with every change of the pair.
    pub revision: i64,
}

/// Keeps a follow or its end, unless a later state of the pair is known already; true when it was news.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, follow: Follow) -> sqlx::Result<bool> {
    let saved = sqlx::query(
        "INSERT INTO follows (follower_id, followee_id, active, revision)
         VALUES ($1, $2, $3, $4)
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
    Ok(saved.rows_affected() > 0)
}

/// The author's followers, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn followers(
    tx: &mut PgConnection,
    author: UserId,
    limit: i64,
) -> sqlx::Result<Vec<UserId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "SELECT follower_id FROM follows WHERE followee_id = $1 AND active
         ORDER BY follower_id LIMIT $2",
    )
    .bind(author.uuid())
    .bind(limit)
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(UserId::from).collect())
}
