use nova_event_bus::Cause;
use sqlx::PgConnection;

use crate::domain::ExportRequest;
use crate::error::Error;
use crate::store;

/// Remembers that a user wants what is kept of them: a job tells it, part by part.
///
/// # Errors
/// When the database fails.
pub async fn record_export(tx: &mut PgConnection, request: ExportRequest) -> Result<(), Error> {
    let cause = Cause::to_keep();
    Ok(store::exports::begin(tx, request, cause.as_ref()).await?)
}
