//! The follow graph, as far as user-events told it.

use nova_ids::{PostId, UserId};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::timelines::Timeline;

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

/// What a follow, or its end, changes about the follower's timeline.
#[derive(Debug)]
pub struct Mend {
    /// The follower's timeline.
    pub timeline: Timeline,
    /// Whether the posts belong there.
    pub follows: bool,
    /// The newest posts of the one who is or was followed, newest first.
    pub posts: Vec<PostId>,
}

/// How things stand between the two now, and the newest `limit` posts concerned; nothing when the follower has no
/// timeline.
///
/// # Errors
/// When the database fails.
pub async fn mend(
    pool: &PgPool,
    follower: UserId,
    followee: UserId,
    limit: i64,
) -> sqlx::Result<Option<Mend>> {
    let found: Option<(i64, bool, Vec<Uuid>)> = sqlx::query_as(
        "SELECT epoch.epoch + reader.generation,
                EXISTS (SELECT FROM follows
                        WHERE follower_id = $1 AND followee_id = $2 AND active),
                ARRAY(SELECT id FROM posts
                      WHERE author_id = $2 AND NOT deleted AND visibility <> 'PRIVATE'
                      ORDER BY id DESC LIMIT $3)
         FROM readers AS reader CROSS JOIN timeline_epoch AS epoch WHERE reader.user_id = $1",
    )
    .bind(follower.uuid())
    .bind(followee.uuid())
    .bind(limit)
    .fetch_optional(pool)
    .await?;
    Ok(found.map(|(version, follows, posts)| Mend {
        timeline: Timeline {
            user: follower,
            version,
        },
        follows,
        posts: posts.into_iter().map(PostId::from).collect(),
    }))
}
