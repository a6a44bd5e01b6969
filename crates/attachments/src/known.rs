//! Media as a service knows them whose posts or messages show them, in its table `media` (`services/content/migrations`): as
//! far as media-events told, and those that were named before that.

use nova_ids::{MediaId, UserId};
use nova_proto::media::v1::{MediaDeleted, MediaFailed, MediaPurpose, MediaUploaded};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Attachment, BadAttachment, Medium};

/// What became of a medium.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediumState {
    /// Whose it is.
    pub owner_id: UserId,
    /// Which.
    pub id: MediaId,
    /// What can be shown; none when nothing ever can, or no longer.
    pub medium: Option<Medium>,
    /// The greatest holds.
    pub revision: i64,
}

impl MediumState {
    /// It can be shown. None of an avatar: that is nobody's but its owner's.
    ///
    /// # Errors
    /// Names the field that cannot be read.
    pub fn uploaded(event: &MediaUploaded) -> Result<Option<Self>, BadAttachment> {
        if event.purpose() == MediaPurpose::Avatar {
            return Ok(None);
        }
        let medium = Medium::try_from(event)?;
        Self::of(&event.user_id, medium.id, Some(medium), event.revision).map(Some)
    }

    /// It never can.
    ///
    /// # Errors
    /// Names the field that cannot be read.
    pub fn failed(event: &MediaFailed) -> Result<Self, BadAttachment> {
        Self::of(
            &event.user_id,
            media_id(&event.media_id)?,
            None,
            event.revision,
        )
    }

    /// It no longer can.
    ///
    /// # Errors
    /// Names the field that cannot be read.
    pub fn deleted(event: &MediaDeleted) -> Result<Self, BadAttachment> {
        Self::of(
            &event.user_id,
            media_id(&event.media_id)?,
            None,
            event.revision,
        )
    }

    fn of(
        owner: &str,
        id: MediaId,
        medium: Option<Medium>,
        revision: i64,
    ) -> Result<Self, BadAttachment> {
        if revision < 1 {
            return Err(BadAttachment("revision"));
        }
        Ok(Self {
            owner_id: owner.parse().map_err(|_| BadAttachment("user_id"))?,
            id,
            medium,
            revision,
        })
    }
}

fn media_id(text: &str) -> Result<MediaId, BadAttachment> {
    text.parse().map_err(|_| BadAttachment("media_id"))
}

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
    // Most are known long before they are posted.
    let mut known = locked(tx, owner, &wanted).await?;
    if known.len() < wanted.len() {
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
        known = locked(tx, owner, &wanted).await?;
    }
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

/// Which they are, whether they are gone, and what can be shown of them.
type Known = (Uuid, bool, Option<Json<Medium>>);

async fn locked(tx: &mut PgConnection, owner: UserId, wanted: &[Uuid]) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as(
        "SELECT id, gone, medium FROM media
         WHERE owner_id = $1 AND id = ANY($2) ORDER BY id FOR SHARE",
    )
    .bind(owner.uuid())
    .bind(wanted)
    .fetch_all(tx)
    .await
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
