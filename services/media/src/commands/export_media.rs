use nova_event_bus::Outbox;
use sqlx::PgConnection;

use crate::domain::ExportRequest;
use crate::error::Error;
use crate::events;

/// Tells a user what is kept of them, which is nothing.
///
/// # Errors
/// When the database fails.
pub async fn export_media(
    tx: &mut PgConnection,
    outbox: &Outbox,
    request: ExportRequest,
) -> Result<(), Error> {
    let nothing = events::media_exported(request, 1, b"[]".to_vec(), true);
    outbox.append(tx, &nothing).await?;
    Ok(())
}
