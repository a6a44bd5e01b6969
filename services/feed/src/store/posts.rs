//! Posts, as far as content-events told.

use nova_ids::{PostId, UserId};
use sqlx::{PgConnection, PgPool, Row};
use uuid::Uuid;

use crate::domain::{Post, Visibility};

/// Keeps a state of a post, unless a later one is known or the post is deleted. When it was news, gives
/// the author's followers, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn save(
    tx: &mut PgConnection,
    post: &Post,
    limit: i64,
) -> sqlx::Result<Option<Vec<UserId>>> {
    let followers: Option<Vec<Uuid>> = sqlx::query_scalar(
        "INSERT INTO posts (id, author_id, content, type, visibility, tags, revision, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO UPDATE
         SET content = excluded.content, type = excluded.type, visibility = excluded.visibility,
             tags = excluded.tags, revision = excluded.revision, updated_at = excluded.updated_at
         WHERE posts.revision < excluded.revision AND NOT posts.deleted
         RETURNING ARRAY(SELECT follower_id FROM follows
                         WHERE followee_id = posts.author_id AND active
                         ORDER BY follower_id LIMIT $9)",
    )
    .bind(post.id.uuid())
    .bind(post.author_id.uuid())
    .bind(&post.content)
    .bind(post.kind.as_str())
    .bind(post.visibility.as_str())
    .bind(&post.tags)
    .bind(post.revision)
    .bind(post.updated_at)
    .bind(limit)
    .fetch_optional(tx)
    .await?;
    Ok(followers.map(|ids| ids.into_iter().map(UserId::from).collect()))
}

/// Leaves a tombstone where the post was or would have been. When it was news, gives the author's
/// followers, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn bury(
    tx: &mut PgConnection,
    id: PostId,
    author: UserId,
    limit: i64,
) -> sqlx::Result<Option<Vec<UserId>>> {
    let followers: Option<Vec<Uuid>> = sqlx::query_scalar(
        "INSERT INTO posts (id, author_id, content, type, visibility, tags, revision, updated_at,
                            deleted)
         VALUES ($1, $2, '', 'TEXT', 'PRIVATE', '{}', 0, now(), true)
         ON CONFLICT (id) DO UPDATE SET content = '', tags = '{}', deleted = true
         WHERE NOT posts.deleted
         RETURNING ARRAY(SELECT follower_id FROM follows
                         WHERE followee_id = posts.author_id AND active
                         ORDER BY follower_id LIMIT $3)",
    )
    .bind(id.uuid())
    .bind(author.uuid())
    .bind(limit)
    .fetch_optional(tx)
    .await?;
    Ok(followers.map(|ids| ids.into_iter().map(UserId::from).collect()))
}

/// Where a post belongs now.
pub struct Audience {
    /// Its author.
    pub author: UserId,
    /// Its author's followers.
    pub followers: Vec<UserId>,
    /// Whether it belongs into the followers' feeds.
    pub reaches_followers: bool,
    /// Whether it belongs into any feed.
    pub deleted: bool,
    /// The generation of timelines that is valid.
    pub epoch: i64,
}

/// Where the post belongs now; nothing if it is not known.
///
/// # Errors
/// When the database fails.
pub async fn audience(pool: &PgPool, id: PostId) -> sqlx::Result<Option<Audience>> {
    let row = sqlx::query(
        "SELECT author_id, visibility, deleted, (SELECT epoch FROM timeline_epoch) AS epoch,
                ARRAY(SELECT follower_id FROM follows
                      WHERE followee_id = author_id AND active) AS followers
         FROM posts WHERE id = $1",
    )
    .bind(id.uuid())
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let visibility: &str = row.try_get("visibility")?;
    let followers: Vec<Uuid> = row.try_get("followers")?;
    Ok(Some(Audience {
        author: UserId::from(row.try_get::<Uuid, _>("author_id")?),
        followers: followers.into_iter().map(UserId::from).collect(),
        reaches_followers: visibility.parse().is_ok_and(Visibility::reaches_followers),
        deleted: row.try_get("deleted")?,
        epoch: row.try_get("epoch")?,
    }))
}
