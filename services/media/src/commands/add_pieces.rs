use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::{MediaState, Medium, Piece, Upload};
use crate::error::Error;
use crate::store::{accounts, media, uploads};

/// What has come of an upload.
#[derive(Debug, Clone, Copy)]
pub struct Addition<'a> {
    /// Who has sent it.
    pub writer: Uuid,
    /// Where it begins.
    pub start: u64,
    /// Where it lies.
    pub pieces: &'a [Piece],
    /// What the head of the file shows, if it does by now.
    pub mime_type: Option<&'a str>,
}

/// Adds what has come to an upload. One that is whole then becomes a medium that is to be read. Answers how many bytes there are.
///
/// # Errors
/// When somebody else sends more of it by now, or it has ended; when it is whole and shows nothing; when the owner is gone for good,
/// and when the database fails.
pub async fn add_pieces(
    tx: &mut PgConnection,
    upload: &Upload,
    addition: Addition<'_>,
) -> Result<u64, Error> {
    let Addition {
        writer,
        start,
        pieces,
        mime_type,
    } = addition;
    if !uploads::advance(tx, upload.id, writer, start, pieces, mime_type).await? {
        return Err(Error::Busy);
    }
    let received = start + pieces.iter().map(|piece| piece.length).sum::<u64>();
    if received < upload.length {
        return Ok(received);
    }
    if accounts::is_erased(tx, upload.owner_id).await? {
        return Err(Error::UnknownCaller);
    }
    let mime_type = mime_type.or(upload.mime_type.as_deref());
    let mime_type = mime_type.ok_or_else(|| Error::from(nova_media_files::Error::Truncated))?;
    let medium = Medium {
        id: upload.id,
        owner_id: upload.owner_id,
        post_id: upload.draft.post_id,
        purpose: upload.draft.purpose,
        alt: upload.draft.alt.clone(),
        state: MediaState::Processing,
        failure: None,
        mime_type: mime_type.to_owned(),
        blob: None,
        revision: 1,
    };
    media::insert(tx, &medium, upload.length, None).await?;
    uploads::delete(tx, upload.id).await?;
    Ok(received)
}
