//! Posts.

use nova_event_bus::Delivery;
use nova_ids::PostId;
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use sqlx::PgConnection;

use crate::domain::Post;
use crate::error::Error;
use crate::state::State;
use crate::{commands, events};

pub(super) async fn record_created(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<PostCreated>,
) -> Result<(), Error> {
    let id: PostId = events::id("post_id", &event.post_id)?;
    let post = Post {
        id,
        author_id: events::id("user_id", &event.user_id)?,
        content: event.content.clone(),
        kind: events::post_type(event.r#type)?,
        visibility: events::visibility(event.visibility)?,
        tags: event.tags.clone(),
        media: events::media(&event.media)?,
        revision: events::revision(event.revision)?,
        created_at: id.made_at(),
        updated_at: events::time("created_at", event.created_at.as_ref())?,
    };
    commands::record_post(tx, state.push_limit, &post).await
}

pub(super) async fn record_updated(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<PostUpdated>,
) -> Result<(), Error> {
    let id: PostId = events::id("post_id", &event.post_id)?;
    let post = Post {
        id,
        author_id: events::id("user_id", &event.user_id)?,
        content: event.content.clone().ok_or(Error::BadEvent("content"))?,
        kind: events::post_type(event.r#type)?,
        visibility: events::visibility(event.visibility)?,
        tags: event.tags.clone(),
        media: events::media(&event.media)?,
        revision: events::revision(event.revision)?,
        created_at: id.made_at(),
        updated_at: events::time("updated_at", event.updated_at.as_ref())?,
    };
    commands::record_post(tx, state.push_limit, &post).await
}

pub(super) async fn record_deleted(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<PostDeleted>,
) -> Result<(), Error> {
    let post = events::id("post_id", &event.post_id)?;
    let author = events::id("user_id", &event.user_id)?;
    commands::remove_post(tx, post, author).await
}

/// There is something to tell.
pub(super) async fn fan_out<E: Sync>(state: &State, _: &Delivery<E>) -> Result<(), Error> {
    state.wake.notify_one();
    Ok(())
}
