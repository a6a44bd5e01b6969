//! Which posts and messages show which media, as far as content-events and messaging-events told it.

use nova_ids::{MediaId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::{MessageState, PostState};

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

/// Keeps the state of a message, unless a later one is known already, or its sender is gone for good. Of one that claims
/// nothing, and of which nothing is known, nothing is kept: most messages have no media. Whether it was news.
///
/// # Errors
/// When the database fails.
pub async fn save_message(tx: &mut PgConnection, message: &MessageState) -> sqlx::Result<bool> {
    // Messages of one conversation are told in order, but a dead letter may come late.
    let saved = sqlx::query(
        "WITH later AS (
             UPDATE messages SET position = $3 WHERE id = $1 AND position < $3 RETURNING id
         ), new AS (
             INSERT INTO messages (id, user_id, position)
             SELECT $1, $2::uuid, $3::bigint
             WHERE $2::uuid IS NOT NULL AND $4::boolean
               AND NOT EXISTS (SELECT FROM accounts WHERE user_id = $2 AND erased)
             ON CONFLICT DO NOTHING RETURNING id
         )
         SELECT FROM later UNION ALL SELECT FROM new",
    )
    .bind(message.message_id.uuid())
    .bind(message.user_id.map(UserId::uuid))
    .bind(message.position)
    .bind(!message.media_ids.is_empty())
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
    let claimer = post.post_id.uuid();
    replace_of(tx, claimer, Some(post.user_id), &post.media_ids).await
}

/// The same of a message.
///
/// # Errors
/// When the database fails.
pub async fn replace_of_message(
    tx: &mut PgConnection,
    message: &MessageState,
) -> sqlx::Result<Vec<MediaId>> {
    let claimer = message.message_id.uuid();
    replace_of(tx, claimer, message.user_id, &message.media_ids).await
}

async fn replace_of(
    tx: &mut PgConnection,
    claimer: Uuid,
    user: Option<UserId>,
    media: &[MediaId],
) -> sqlx::Result<Vec<MediaId>> {
    let claimed: Vec<Uuid> = media.iter().map(|id| id.uuid()).collect();
    // Different rows: it is no matter which of the two goes first.
    let changed: Vec<Uuid> = sqlx::query_scalar(
        "WITH gone AS (
             DELETE FROM claims WHERE post_id = $1 AND media_id <> ALL($3) RETURNING media_id
         ), new AS (
             INSERT INTO claims (media_id, post_id, user_id)
             SELECT id, $1::uuid, $2::uuid FROM unnest($3::uuid[]) AS id WHERE $2::uuid IS NOT NULL
             ON CONFLICT DO NOTHING RETURNING media_id
         )
         SELECT media_id FROM gone UNION ALL SELECT media_id FROM new",
    )
    .bind(claimer)
    .bind(user.map(UserId::uuid))
    .bind(&claimed)
    .fetch_all(tx)
    .await?;
    Ok(changed.into_iter().map(MediaId::from).collect())
}

/// Notes of these media whether a living post or message of their owner claims them: since when none does, or that one does. In the order
/// of their ids, so that two who do this wait for each other and for nothing else.
///
/// # Errors
/// When the database fails.
pub async fn note(tx: &mut PgConnection, media: &[MediaId]) -> sqlx::Result<()> {
    if media.is_empty() {
        return Ok(());
    }
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
