//! Users who want what is kept of them.

use nova_event_bus::Delivery;
use nova_proto::identity::v1::ExportRequested;
use sqlx::PgConnection;

use crate::error::Error;
use crate::state::State;
use crate::{commands, events};

pub(super) async fn export_requested(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<ExportRequested>,
) -> Result<(), Error> {
    let user = events::id("user_id", &event.user_id)?;
    let export = events::id("export_id", &event.export_id)?;
    commands::export_reading(tx, &state.outbox, user, export).await
}
