use nova_event_bus::Outbox;
use nova_ids::{ExportId, UserId};
use sqlx::PgConnection;

use crate::error::Error;
use crate::{events, store};

/// Tells a user what only this service knows of them: when they last read their feed. All else that it keeps are copies
/// of what others tell.
///
/// # Errors
/// When the database fails.
pub async fn export_reading(
    tx: &mut PgConnection,
    outbox: &Outbox,
    user: UserId,
    export: ExportId,
) -> Result<(), Error> {
    let read_at = store::readers::last_read(tx, user).await?;
    let event = events::feed_exported(user, export, read_at);
    outbox.append(tx, &event).await?;
    Ok(())
}
