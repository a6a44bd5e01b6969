//! What this service listens to.

mod accounts;
mod blocks;
mod exports;
mod media;
mod sockets;

use std::str::FromStr;

use nova_event_bus::Router;
use nova_proto::catalogue::EVENTS;
use nova_proto::identity::v1::{
    ExportRequested, UserBlocked, UserDeactivated, UserDeleted, UserProfileUpdated,
    UserReactivated, UserRegistered, UserUnblocked,
};
use nova_proto::media::v1::{MediaDeleted, MediaFailed, MediaUploaded};
use nova_proto::realtime_chat::v1::{MarksReported, MessageSubmitted};

use crate::NAME;
use crate::error::Error;
use crate::state::State;

/// Every event that this service listens to.
pub(crate) fn router(state: &State) -> Router<State> {
    Router::new(NAME, state.clone())
        .knows(EVENTS)
        .once::<MessageSubmitted>(sockets::message_submitted)
        .once_then::<MarksReported>(sockets::marks_reported, sockets::tell_marks)
        .once::<MediaUploaded>(media::media_uploaded)
        .once::<MediaFailed>(media::media_failed)
        .once::<MediaDeleted>(media::media_deleted)
        .once::<UserRegistered>(accounts::user_registered)
        .once::<UserProfileUpdated>(accounts::user_updated)
        .once::<UserBlocked>(blocks::user_blocked)
        .once::<UserUnblocked>(blocks::user_unblocked)
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
