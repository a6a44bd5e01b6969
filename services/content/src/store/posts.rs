//! Posts, as somebody sees them.

use std::error::Error;
use std::str::FromStr;

use nova_attachments::{Attachment, shown_to_others};
use nova_ids::{MediaId, PostId, UserId};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, PgPool, Row};
use uuid::Uuid;

use crate::domain::Post;

/// How every SELECT of this file begins: with what the viewer (`$1`, null for a stranger) may see, so that
/// none can forget it. How the viewer stands to the author is joined and not looked up in EXISTS: for that the planner
/// would read everybody whom the viewer follows; and for the list of one author it is read once.
macro_rules! select_seen_by_viewer {
    ($rest:literal) => {
        concat!(
            "SELECT id, author_id, content, type, visibility, tags, media, type_given, posts.revision,
                    updated_at, COALESCE(author_id = $1, false) AS is_own
             FROM posts
             LEFT JOIN follows AS pair ON pair.follower_id = $1 AND pair.followee_id = author_id
             LEFT JOIN accounts AS author ON author.user_id = author_id
             WHERE NOT COALESCE(author.hidden, false)
               AND (author_id = $1
                    OR (visibility <> 'PRIVATE'
                        AND NOT COALESCE(pair.blocks OR pair.is_blocked, false)
                        AND (visibility = 'PUBLIC' OR COALESCE(pair.active, false))))
             AND ",
            $rest
        )
    };
}

/// The post, if the viewer may see it.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, viewer: Option<UserId>, id: PostId) -> sqlx::Result<Option<Post>> {
    sqlx::query_as(select_seen_by_viewer!("id = $2"))
        .bind(viewer.map(UserId::uuid))
        .bind(id.uuid())
        .fetch_optional(pool)
        .await
}

/// Those of the posts that the viewer may see, in no order.
///
/// # Errors
/// When the database fails.
pub async fn find_all(
    pool: &PgPool,
    viewer: Option<UserId>,
    ids: &[PostId],
) -> sqlx::Result<Vec<Post>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    sqlx::query_as(select_seen_by_viewer!("id = ANY($2)"))
        .bind(viewer.map(UserId::uuid))
        .bind(ids)
        .fetch_all(pool)
        .await
}

/// The post, if the viewer may see it, locked: nobody else changes it before the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn find_for_update(
    tx: &mut PgConnection,
    viewer: UserId,
    id: PostId,
) -> sqlx::Result<Option<Post>> {
    sqlx::query_as(select_seen_by_viewer!("id = $2 FOR UPDATE OF posts"))
        .bind(viewer.uuid())
        .bind(id.uuid())
        .fetch_optional(tx)
        .await
}

/// At most `limit` posts of the author that the viewer may see, newest first, beginning after `after`.
///
/// # Errors
/// When the database fails.
pub async fn list_by_author(
    pool: &PgPool,
    viewer: Option<UserId>,
    author: UserId,
    after: Option<PostId>,
    limit: i64,
) -> sqlx::Result<Vec<Post>> {
    // One plan for the first page and the others: before the first post stands the greatest UUID.
    let after = after.map_or(Uuid::max(), PostId::uuid);
    sqlx::query_as(select_seen_by_viewer!(
        "author_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4"
    ))
    .bind(viewer.map(UserId::uuid))
    .bind(author.uuid())
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Adds a new post, unless its author is gone for good: nobody would erase it any more. Whether it was added.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut PgConnection, post: &Post) -> sqlx::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO posts (id, author_id, content, type, visibility, tags, revision, updated_at,
                            media, media_ids, type_given)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
         WHERE NOT EXISTS (SELECT FROM accounts WHERE user_id = $2 AND erased)",
    )
    .bind(post.id.uuid())
    .bind(post.author_id.uuid())
    .bind(&post.content)
    .bind(post.kind.as_str())
    .bind(post.visibility.as_str())
    .bind(&post.tags)
    .bind(post.revision)
    .bind(post.updated_at)
    .bind(Json(&post.media))
    .bind(media_ids(post))
    .bind(post.kind_given)
    .execute(tx)
    .await?;
    Ok(added.rows_affected() > 0)
}

/// The posts of the owner that name the medium, and the one that it names if it is theirs, locked. In the order of their
/// ids, as whoever locks several does.
///
/// # Errors
/// When the database fails.
pub async fn find_with_medium(
    tx: &mut PgConnection,
    owner: UserId,
    medium: MediaId,
    named: Option<PostId>,
) -> sqlx::Result<Vec<Post>> {
    sqlx::query_as(
        "SELECT id, author_id, content, type, visibility, tags, media, type_given, revision, updated_at,
                true AS is_own
         FROM posts WHERE author_id = $1 AND id IN (
             SELECT id FROM posts WHERE media_ids @> ARRAY[$2::uuid] AND media_ids <> '{}'
             UNION SELECT $3::uuid)
         ORDER BY id FOR UPDATE",
    )
    .bind(owner.uuid())
    .bind(medium.uuid())
    .bind(named.map(PostId::uuid))
    .fetch_all(tx)
    .await
}

/// Saves what a change can have changed. The caller holds the row's lock.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut PgConnection, post: &Post) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE posts SET content = $2, visibility = $3, tags = $4, revision = $5, updated_at = $6,
                          type = $7, media = $8, media_ids = $9
         WHERE id = $1",
    )
    .bind(post.id.uuid())
    .bind(&post.content)
    .bind(post.visibility.as_str())
    .bind(&post.tags)
    .bind(post.revision)
    .bind(post.updated_at)
    .bind(post.kind.as_str())
    .bind(Json(&post.media))
    .bind(media_ids(post))
    .execute(tx)
    .await?;
    Ok(())
}

fn media_ids(post: &Post) -> Vec<Uuid> {
    post.media.iter().map(|one| one.id().uuid()).collect()
}

/// Removes a post. The caller holds the row's lock.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut PgConnection, id: PostId) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM posts WHERE id = $1")
        .bind(id.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

impl FromRow<'_, PgRow> for Post {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let id = PostId::from(row.try_get::<Uuid, _>("id")?);
        let Json(mut media): Json<Vec<Attachment>> = row.try_get("media")?;
        if !row.try_get::<bool, _>("is_own")? {
            shown_to_others(&mut media);
        }
        Ok(Self {
            id,
            author_id: UserId::from(row.try_get::<Uuid, _>("author_id")?),
            content: row.try_get("content")?,
            kind: named(row, "type")?,
            visibility: named(row, "visibility")?,
            tags: row.try_get("tags")?,
            media,
            kind_given: row.try_get("type_given")?,
            revision: row.try_get("revision")?,
            created_at: id.made_at(),
            updated_at: row.try_get("updated_at")?,
        })
    }
}

fn named<T>(row: &PgRow, column: &'static str) -> sqlx::Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let name: &str = row.try_get(column)?;
    name.parse().map_err(|unknown| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: Box::new(unknown),
    })
}
