use nova_ids::{MediaId, UserId};
use sqlx::PgConnection;

use crate::error::Error;
use crate::store::{folders, uploads};

/// Ends an upload that is not whole: what has come of it goes.
///
/// # Errors
/// When the owner has no such upload, when it has ended already, and when the database fails.
pub async fn end_upload(tx: &mut PgConnection, owner: UserId, id: MediaId) -> Result<(), Error> {
    let found = uploads::find_for_update(tx, owner, id).await?;
    let upload = found.ok_or(Error::NoSuchUpload)?;
    if upload.ended {
        return Err(Error::UploadEnded);
    }
    end(tx, id).await
}

/// Ends an upload whose row is locked.
pub(super) async fn end(tx: &mut PgConnection, id: MediaId) -> Result<(), Error> {
    uploads::end(tx, id).await?;
    uploads::delete_pieces(tx, id).await?;
    folders::doom_upload(tx, id.uuid()).await?;
    Ok(())
}
