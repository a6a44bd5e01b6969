use nova_event_bus::Outbox;
use sqlx::PgConnection;

use super::show_medium::show_medium;
use crate::domain::{Blob, MediaState, Medium};
use crate::error::Error;
use crate::store::media::Turn;
use crate::store::{self, blobs, folders, media, uploads};

/// What a reading has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The medium can be shown.
    Shown,
    /// Nobody has made anything of these bytes yet.
    Unmade,
    /// The medium is gone, or somebody else reads it.
    Gone,
}

/// Makes a medium that was read one that can be shown: with what was made of its bytes, or with what was made of the same bytes
/// before, which comes first.
///
/// # Errors
/// When what was made is kept no more, and when the database fails.
pub async fn finish_reading(
    tx: &mut PgConnection,
    outbox: &Outbox,
    turn: Turn,
    sha256: &[u8],
    made: Option<Blob>,
) -> Result<Outcome, Error> {
    let Some(medium) = media::of_turn(tx, turn).await? else {
        if let Some(made) = made {
            folders::doom(tx, made.id).await?;
        }
        return Ok(Outcome::Gone);
    };
    store::lock_owner(tx, medium.owner_id).await?;
    let source = blobs::Source {
        owner: medium.owner_id,
        purpose: medium.purpose,
        sha256,
    };
    let blob = match (blobs::of(tx, source).await?, made) {
        (Some(known), made) => {
            if let Some(made) = made {
                folders::doom(tx, made.id).await?;
            }
            known
        }
        (None, Some(made)) => {
            if !folders::adopt(tx, made.id).await? || !blobs::insert(tx, source, &made).await? {
                return Err(Error::TooLate);
            }
            made
        }
        (None, None) => return Ok(Outcome::Unmade),
    };
    let shown = Medium {
        state: MediaState::Ready,
        mime_type: blob.mime_type.clone(),
        blob: Some(blob),
        revision: medium.revision + 1,
        ..medium
    };
    media::update(tx, &shown).await?;
    uploads::delete_pieces(tx, shown.id).await?;
    folders::doom(tx, shown.id.uuid()).await?;
    show_medium(tx, outbox, &shown).await?;
    Ok(Outcome::Shown)
}
