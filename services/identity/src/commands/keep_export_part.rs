use sqlx::PgConnection;

use crate::domain::ExportPart;
use crate::error::Error;
use crate::{events, store};

/// Keeps a part of what a service tells of a user, once, in whatever order they come; with the last one that was missing
/// the export is ready. What comes when its export is no more, or ready, is dropped.
///
/// # Errors
/// When the database fails.
pub async fn keep_export_part(tx: &mut PgConnection, part: &ExportPart) -> Result<(), Error> {
    let services: Vec<&str> = events::exporting_services().collect();
    Ok(store::exports::keep(tx, part, &services).await?)
}
