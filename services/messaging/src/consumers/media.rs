//! Media of messages.

use nova_attachments::MediumState;
use nova_event_bus::Delivery;
use nova_proto::media::v1::{MediaDeleted, MediaFailed, MediaUploaded};
use sqlx::PgConnection;

use crate::commands;
use crate::error::Error;
use crate::state::State;

pub(super) async fn media_uploaded(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<MediaUploaded>,
) -> Result<(), Error> {
    match MediumState::uploaded(event)? {
        Some(uploaded) => commands::record_medium(tx, &state.outbox, &uploaded).await,
        None => Ok(()),
    }
}

pub(super) async fn media_failed(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<MediaFailed>,
) -> Result<(), Error> {
    let failed = MediumState::failed(event)?;
    commands::record_medium(tx, &state.outbox, &failed).await
}

pub(super) async fn media_deleted(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<MediaDeleted>,
) -> Result<(), Error> {
    let deleted = MediumState::deleted(event)?;
    commands::record_medium(tx, &state.outbox, &deleted).await
}
