//! What this service listens to.

mod accounts;
mod exports;
mod messages;
mod posts;

use std::str::FromStr;

use nova_event_bus::Router;
use nova_proto::catalogue::EVENTS;
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use nova_proto::identity::v1::{ExportRequested, UserDeactivated, UserDeleted, UserReactivated};
use nova_proto::messaging::v1::{MessageDeleted, MessageEdited, MessageSent};

use crate::NAME;
use crate::error::Error;
use crate::state::State;

/// Every event that this service listens to.
pub(crate) fn router(state: State) -> Router<State> {
    Router::new(NAME, state)
        .knows(EVENTS)
        .once::<PostCreated>(posts::post_created)
        // What claims nothing from the beginning is most of what comes.
        .when::<PostCreated>(|post| !post.media.is_empty())
        .once::<PostUpdated>(posts::post_updated)
        .once::<PostDeleted>(posts::post_deleted)
        .once::<MessageSent>(messages::message_sent)
        .when::<MessageSent>(|message| !message.media.is_empty())
        .once::<MessageEdited>(messages::message_edited)
        .once::<MessageDeleted>(messages::message_deleted)
        .once::<ExportRequested>(exports::export_requested)
        .once::<UserDeactivated>(accounts::record_deactivated)
        .once::<UserReactivated>(accounts::record_reactivated)
        .once_then::<UserDeleted>(accounts::record_deleted, accounts::forget_deleted)
}

fn id<T: FromStr>(field: &'static str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::BadEvent(field))
}

const fn revision(number: i64) -> Result<i64, Error> {
    if number >= 1 {
        Ok(number)
    } else {
        Err(Error::BadEvent("revision"))
    }
}
