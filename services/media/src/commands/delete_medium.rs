use nova_event_bus::Outbox;
use nova_ids::{MediaId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::Medium;
use crate::error::Error;
use crate::events;
use crate::store::{blobs, folders, media, uploads};

/// Deletes a medium of the remover for good.
///
/// # Errors
/// When they have no such medium, and when the database fails.
pub async fn delete_medium(
    tx: &mut PgConnection,
    outbox: &Outbox,
    remover: UserId,
    id: MediaId,
) -> Result<(), Error> {
    let medium = media::find_for_update(tx, id).await?;
    let medium = medium
        .filter(|medium| medium.owner_id == remover)
        .ok_or(Error::NoSuchMedium)?;
    remove(tx, outbox, &medium).await
}

/// Removes a medium whose row is locked, its bytes unless another medium of its owner has the same, and tells it.
pub(super) async fn remove(
    tx: &mut PgConnection,
    outbox: &Outbox,
    medium: &Medium,
) -> Result<(), Error> {
    media::delete(tx, medium.id).await?;
    uploads::delete_pieces(tx, medium.id).await?;
    folders::doom(tx, medium.id.uuid()).await?;
    if let Some(blob) = &medium.blob {
        blobs::lock(tx, blob.id).await?;
        if blobs::remove_unused(tx, blob.id).await? {
            folders::doom(tx, blob.id).await?;
        }
    }
    let deleted = events::media_deleted(medium, OffsetDateTime::now_utc());
    outbox.append(tx, &deleted).await?;
    Ok(())
}
