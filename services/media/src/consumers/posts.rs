//! Posts, which claim media.

use nova_event_bus::Delivery;
use nova_ids::MediaId;
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use nova_proto::media::v1::Attachment;
use sqlx::PgConnection;

use super::{id, revision};
use crate::commands;
use crate::domain::PostState;
use crate::error::Error;
use crate::state::State;

pub(super) async fn post_created(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<PostCreated>,
) -> Result<(), Error> {
    let post = PostState {
        post_id: id("post_id", &event.post_id)?,
        user_id: id("user_id", &event.user_id)?,
        media_ids: media(&event.media)?,
        deleted: false,
        revision: revision(event.revision)?,
    };
    commands::record_post(tx, &post).await
}

pub(super) async fn post_updated(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<PostUpdated>,
) -> Result<(), Error> {
    let post = PostState {
        post_id: id("post_id", &event.post_id)?,
        user_id: id("user_id", &event.user_id)?,
        media_ids: media(&event.media)?,
        deleted: false,
        revision: revision(event.revision)?,
    };
    commands::record_post(tx, &post).await
}

pub(super) async fn post_deleted(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<PostDeleted>,
) -> Result<(), Error> {
    let post = PostState {
        post_id: id("post_id", &event.post_id)?,
        user_id: id("user_id", &event.user_id)?,
        media_ids: Vec::new(),
        deleted: true,
        revision: revision(event.revision)?,
    };
    commands::record_post(tx, &post).await
}

fn media(attached: &[Attachment]) -> Result<Vec<MediaId>, Error> {
    let ids = attached.iter().map(|one| id("media", &one.id));
    ids.collect()
}
