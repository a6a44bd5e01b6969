//! Pictures of users.

use nova_event_bus::Delivery;
use nova_ids::MediaId;
use nova_proto::media::v1::{MediaDeleted, MediaPurpose, MediaUploaded};
use sqlx::PgConnection;

use crate::commands;
use crate::error::Error;
use crate::state::State;

pub(super) async fn media_uploaded(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<MediaUploaded>,
) -> Result<(), Error> {
    if event.purpose() != MediaPurpose::Avatar {
        return Ok(());
    }
    let user = event.user_id.parse();
    let user = user.map_err(|_| Error::BadEvent("user_id"))?;
    let medium: MediaId = event
        .media_id
        .parse()
        .map_err(|_| Error::BadEvent("media_id"))?;
    if event.url != path(medium) {
        return Err(Error::BadEvent("url"));
    }
    let url = state.links.open(&event.url);
    commands::wear_avatar(tx, &state.outbox, user, medium, &url).await
}

pub(super) async fn media_deleted(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<MediaDeleted>,
) -> Result<(), Error> {
    let user = event.user_id.parse();
    let user = user.map_err(|_| Error::BadEvent("user_id"))?;
    let medium: MediaId = event
        .media_id
        .parse()
        .map_err(|_| Error::BadEvent("media_id"))?;
    commands::take_off_avatar(tx, &state.outbox, user, medium, &path(medium)).await
}

/// Where the largest square of an avatar is.
fn path(medium: MediaId) -> String {
    format!("/v1/media/{medium}/avatar/400")
}
