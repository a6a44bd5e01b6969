use std::time::Duration;

use nova_ids::{MediaId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::Upload;
use crate::error::Error;
use crate::store::uploads;

/// Makes a writer the only one who sends more of an upload, for so long.
///
/// # Errors
/// When the owner has no such upload, when it has ended, when it goes on at another byte or somebody else is sending more of it, and
/// when the database fails.
pub async fn begin_writing(
    tx: &mut PgConnection,
    owner: UserId,
    id: MediaId,
    start: u64,
    writer: Uuid,
    lease: Duration,
) -> Result<Upload, Error> {
    let found = uploads::find_for_update(tx, owner, id).await?;
    let upload = found.ok_or(Error::NoSuchUpload)?;
    if upload.ended {
        return Err(Error::UploadEnded);
    }
    if upload.received != start {
        return Err(Error::WrongOffset);
    }
    if !uploads::take_writer(tx, id, writer, lease).await? {
        return Err(Error::Busy);
    }
    Ok(upload)
}
