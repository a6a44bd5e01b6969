//! Users who want what is kept of them.

use nova_event_bus::Delivery;
use nova_proto::identity::v1::ExportRequested;
use sqlx::PgConnection;

use super::id;
use crate::commands;
use crate::domain::ExportRequest;
use crate::error::Error;
use crate::state::State;

pub(super) async fn export_requested(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<ExportRequested>,
) -> Result<(), Error> {
    let request = ExportRequest {
        user_id: id("user_id", &event.user_id)?,
        export_id: id("export_id", &event.export_id)?,
    };
    commands::record_export(tx, request).await
}
