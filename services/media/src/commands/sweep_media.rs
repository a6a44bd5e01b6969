use std::time::Duration;

use nova_event_bus::Outbox;
use sqlx::PgConnection;

use super::delete_medium::remove;
use crate::error::Error;
use crate::store::media;

/// Deletes a medium that no living post has claimed for so long. Whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn sweep_media(
    tx: &mut PgConnection,
    outbox: &Outbox,
    unclaimed_for: Duration,
) -> Result<bool, Error> {
    let Some(medium) = media::unclaimed(tx, unclaimed_for).await? else {
        return Ok(false);
    };
    remove(tx, outbox, &medium).await?;
    Ok(true)
}
