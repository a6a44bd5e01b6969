//! The follow graph, as far as user-events told it.

use nova_ids::UserId;
use sqlx::PgConnection;

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
