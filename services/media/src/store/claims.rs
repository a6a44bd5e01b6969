//! Which posts show which media, as far as content-events told it.

use nova_ids::MediaId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::PostState;

/// Keeps the state of a post, unless a later one is known already, or its author is gone for good. Whether it was news.
///
/// # Errors
/// When the database fails.
pub async fn save_post(tx: &mut PgConnection, post: &PostState) -> sqlx::Result<bool> {
    let saved = sqlx::query(
        "INSERT INTO posts (id, user_id, revision, deleted)
         SELECT $1, $2, $3, $4
         WHERE NOT EXISTS (SELECT FROM accounts WHERE user_id = $2 AND erased)
         ON CONFLICT (id) DO UPDATE
         SET revision = excluded.revision, deleted = posts.deleted OR excluded.deleted
         WHERE posts.revision < excluded.revision",
    )
    .bind(post.post_id.uuid())
    .bind(post.user_id.uuid())
    .bind(post.revision)
    .bind(post.deleted)
    .execute(tx)
    .await?;
    Ok(saved.rows_affected() > 0)
}

/// Makes these the media that a post claims, and answers those that it claims no more or not yet did. Whoever calls this holds the
/// lock of the post.
///
/// # Errors
/// When the database fails.
pub async fn replace(tx: &mut PgConnection, post: &PostState) -> sqlx::Result<Vec<MediaId>> {
    let claimed: Vec<Uuid> = post.media_ids.iter().map(|id| id.uuid()).collect();
    let gone: Vec<Uuid> = sqlx::query_scalar(
        "DELETE FROM claims WHERE post_id = $1 AND media_id <> ALL($2) RETURNING media_id",
    )
    .bind(post.post_id.uuid())
    .bind(&claimed)
    .fetch_all(&mut *tx)
    .await?;
    let new: Vec<Uuid> = sqlx::query_scalar(
        "INSERT INTO claims (media_id, post_id, user_id)
         SELECT id, $1, $2 FROM unnest($3::uuid[]) AS id
         ON CONFLICT DO NOTHING RETURNING media_id",
    )
    .bind(post.post_id.uuid())
    .bind(post.user_id.uuid())
    .bind(&claimed)
    .fetch_all(tx)
    .await?;
    Ok(gone.into_iter().chain(new).map(MediaId::from).collect())
}

/// Notes of these media whether a living post of their owner claims them: since when none does, or that one does. In the order
/// of their ids, so that two who do this wait for each other and for nothing else.
///
/// # Errors
/// When the database fails.
pub async fn note(tx: &mut PgConnection, media: &[MediaId]) -> sqlx::Result<()> {
    let media: Vec<Uuid> = media.iter().map(|id| id.uuid()).collect();
    sqlx::query(
        "UPDATE media SET unclaimed_since =
             CASE WHEN EXISTS (SELECT FROM claims
                               WHERE claims.media_id = media.id AND claims.user_id = media.owner_id)
                  THEN NULL ELSE COALESCE(unclaimed_since, now()) END
         WHERE purpose = 'post'
           AND id IN (SELECT id FROM media WHERE id = ANY($1) ORDER BY id FOR UPDATE)",
    )
    .bind(&media)
    .execute(tx)
    .await?;
    Ok(())
}
