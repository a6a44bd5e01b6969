//! Posts, as far as content-events told. What changes about one is put down in `fanouts` by the same statement. Of
//! an author who is gone for good nothing is kept.

use nova_event_bus::Cause;
use nova_ids::{PostId, UserId};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::domain::{Kind, Post};

/// Keeps a state of a post, unless a later one is known or the post is deleted. When it was news, and the author has
/// more than `push_limit` followers, the post is one that readers pull.
///
/// # Errors
/// When the database fails.
pub async fn save(
    tx: &mut PgConnection,
    post: &Post,
    push_limit: i64,
    cause: Option<&Cause>,
) -> sqlx::Result<()> {
    let is_shown = post.visibility.reaches_followers();
    sqlx::query(
        "WITH saved AS (
             INSERT INTO posts (id, author_id, content, type, visibility, tags, revision, updated_at,
                                media)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $13
             WHERE NOT EXISTS (SELECT FROM authors WHERE authors.id = $2 AND erased)
             ON CONFLICT (id) DO UPDATE
             SET content = excluded.content, type = excluded.type, visibility = excluded.visibility,
                 tags = excluded.tags, revision = excluded.revision,
                 updated_at = excluded.updated_at, media = excluded.media
             WHERE posts.revision < excluded.revision AND NOT posts.deleted
             RETURNING id, author_id
         ), pulled AS (
             INSERT INTO pulled_posts (author_id, post_id, stays)
             SELECT author_id, id, true FROM saved
             WHERE $9 AND $10 < (
                 SELECT count(*) FROM (
                     SELECT FROM follows WHERE followee_id = saved.author_id AND shown
                     LIMIT $10 + 1) AS counted)
             ON CONFLICT (author_id, post_id) DO UPDATE SET stays = true
         ), hidden AS (
             DELETE FROM pulled_posts USING saved
             WHERE NOT $9 AND pulled_posts.author_id = saved.author_id
               AND pulled_posts.post_id = saved.id
         )
         INSERT INTO fanouts (author_id, post_id, kind, cause)
         SELECT author_id, id, $11, $12 FROM saved",
    )
    .bind(post.id.uuid())
    .bind(post.author_id.uuid())
    .bind(&post.content)
    .bind(post.kind.as_str())
    .bind(post.visibility.as_str())
    .bind(&post.tags)
    .bind(post.revision)
    .bind(post.updated_at)
    .bind(is_shown)
    .bind(push_limit)
    .bind(Kind::of(is_shown, post.revision).as_str())
    .bind(cause.map(Json))
    .bind(Json(&post.media))
    .execute(tx)
    .await?;
    Ok(())
}

/// Leaves a tombstone where the post was or would have been.
///
/// # Errors
/// When the database fails.
pub async fn bury(
    tx: &mut PgConnection,
    id: PostId,
    author: UserId,
    cause: Option<&Cause>,
) -> sqlx::Result<()> {
    sqlx::query(
        "WITH buried AS (
             INSERT INTO posts (id, author_id, content, type, visibility, tags, revision, updated_at,
                                deleted)
             SELECT $1, $2, '', 'TEXT', 'PRIVATE', '{}', 0, now(), true
             WHERE NOT EXISTS (SELECT FROM authors WHERE authors.id = $2 AND erased)
             ON CONFLICT (id) DO UPDATE
             SET content = '', tags = '{}', media = '[]', deleted = true
             WHERE NOT posts.deleted
             RETURNING id, author_id
         ), hidden AS (
             DELETE FROM pulled_posts USING buried
             WHERE pulled_posts.author_id = buried.author_id AND pulled_posts.post_id = buried.id
         )
         INSERT INTO fanouts (author_id, post_id, kind, cause)
         SELECT author_id, id, $3, $4 FROM buried",
    )
    .bind(id.uuid())
    .bind(author.uuid())
    .bind(Kind::Deleted.as_str())
    .bind(cause.map(Json))
    .execute(tx)
    .await?;
    Ok(())
}
