use nova_event_bus::Cause;
use nova_service::exports;
use sqlx::PgConnection;

use crate::domain::ExportRequest;
use crate::error::Error;

/// Remembers that a user wants what is kept of them: a job tells it, part by part.
///
/// # Errors
/// When the database fails.
pub async fn record_export(tx: &mut PgConnection, request: ExportRequest) -> Result<(), Error> {
    let cause = Cause::to_keep();
    Ok(exports::begin(tx, request.user_id, request.export_id, cause.as_ref()).await?)
}
