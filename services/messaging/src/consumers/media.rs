//! Media of messages.

use nova_attachments::{BadAttachment, Medium};
use nova_event_bus::Delivery;
use nova_proto::media::v1::{MediaDeleted, MediaFailed, MediaPurpose, MediaUploaded};
use sqlx::PgConnection;

use super::{id, revision};
use crate::commands;
use crate::domain::MediumState;
use crate::error::Error;
use crate::state::State;

pub(super) async fn media_uploaded(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<MediaUploaded>,
) -> Result<(), Error> {
    // Those are no message's.
    if event.purpose() == MediaPurpose::Avatar {
        return Ok(());
    }
    let medium = Medium::try_from(&event.event);
    let medium = medium.map_err(|BadAttachment(field)| Error::BadEvent(field))?;
    let uploaded = MediumState {
        owner_id: id("user_id", &event.user_id)?,
        id: medium.id,
        medium: Some(medium),
        revision: revision(event.revision)?,
    };
    commands::record_medium(tx, &state.outbox, &uploaded).await
}

pub(super) async fn media_failed(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<MediaFailed>,
) -> Result<(), Error> {
    let failed = MediumState {
        owner_id: id("user_id", &event.user_id)?,
        id: id("media_id", &event.media_id)?,
        medium: None,
        revision: revision(event.revision)?,
    };
    commands::record_medium(tx, &state.outbox, &failed).await
}

pub(super) async fn media_deleted(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<MediaDeleted>,
) -> Result<(), Error> {
    let deleted = MediumState {
        owner_id: id("user_id", &event.user_id)?,
        id: id("media_id", &event.media_id)?,
        medium: None,
        revision: revision(event.revision)?,
    };
    commands::record_medium(tx, &state.outbox, &deleted).await
}
