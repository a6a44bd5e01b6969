//! Media, as far as media-events told, and those that messages named before.

use nova_attachments::{Attachment, Medium};
use nova_ids::{MediaId, UserId};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::MediumState;

/// What is known of these media of a user, in this order: without those that are gone. Until the transaction ends nobody
/// else learns anything of them.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    tx: &mut PgConnection,
    owner: UserId,
    ids: &[MediaId],
) -> sqlx::Result<Vec<Attachment>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    // In the order of their key, or two who name the same would deadlock.
    sqlx::query(
        "INSERT INTO media (owner_id, id)
         SELECT $1, id FROM UNNEST($2::uuid[]) AS wanted(id)
         WHERE NOT EXISTS (SELECT FROM accounts WHERE user_id = $1 AND erased)
         ORDER BY id ON CONFLICT DO NOTHING",
    )
    .bind(owner.uuid())
    .bind(&wanted)
    .execute(&mut *tx)
    .await?;
    let known: Vec<(Uuid, bool, Option<Json<Medium>>)> = sqlx::query_as(
        "SELECT id, gone, medium FROM media
         WHERE owner_id = $1 AND id = ANY($2) ORDER BY id FOR SHARE",
    )
    .bind(owner.uuid())
    .bind(&wanted)
    .fetch_all(tx)
    .await?;
    let attachment = |wanted: &MediaId| {
        let found = known.iter().find(|(id, ..)| *id == wanted.uuid());
        match found {
            Some((_, true, _)) => None,
            Some((_, false, Some(medium))) => Some(Attachment::Ready(Box::new(medium.0.clone()))),
            Some((_, false, None)) | None => Some(Attachment::awaited(*wanted)),
        }
    };
    Ok(ids.iter().filter_map(attachment).collect())
}

/// Keeps what became of a medium, unless a later state of it is known, or its owner is gone for good. Whether it was
/// kept.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, state: &MediumState) -> sqlx::Result<bool> {
    let saved = sqlx::query(
        "INSERT INTO media (owner_id, id, revision, gone, medium)
         SELECT $1, $2, $3, $4 IS NULL, $4
         WHERE NOT EXISTS (SELECT FROM accounts WHERE user_id = $1 AND erased)
         ON CONFLICT (owner_id, id) DO UPDATE
         SET revision = excluded.revision, gone = excluded.gone, medium = excluded.medium
         WHERE media.revision < excluded.revision AND NOT media.gone",
    )
    .bind(state.owner_id.uuid())
    .bind(state.id.uuid())
    .bind(state.revision)
    .bind(state.medium.as_ref().map(Json))
    .execute(tx)
    .await?;
    Ok(saved.rows_affected() > 0)
}
