use sqlx::PgConnection;

use crate::domain::{Allowance, Upload};
use crate::error::Error;
use crate::store::{self, accounts, folders, media, uploads};

/// Begins an upload whose bytes will come in pieces.
///
/// # Errors
/// When the owner has no room or is gone for good, and when the database fails.
pub async fn create_upload(
    tx: &mut PgConnection,
    allowance: Allowance,
    upload: &Upload,
) -> Result<(), Error> {
    store::lock_owner(tx, upload.owner_id).await?;
    if accounts::is_erased(tx, upload.owner_id).await? {
        return Err(Error::UnknownCaller);
    }
    allowance.check(media::in_use(tx, upload.owner_id).await?, upload.length)?;
    folders::add(tx, upload.id.uuid(), upload.owner_id, None).await?;
    uploads::insert(tx, upload).await?;
    Ok(())
}
