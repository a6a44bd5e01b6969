//! What this service listens to.

mod accounts;
mod blocks;
mod exports;
mod follows;

use std::str::FromStr;

use nova_event_bus::{Router, Tables};
use nova_proto::catalogue::EVENTS;
use nova_proto::identity::v1::{
    ExportRequested, UserBlocked, UserDeactivated, UserDeleted, UserFollowed, UserReactivated,
    UserUnblocked, UserUnfollowed,
};

use crate::NAME;
use crate::error::Error;

/// Every event that this service listens to; these are its event tables.
pub(crate) fn router(tables: Tables) -> Router<Tables> {
    Router::new(NAME, tables)
        .knows(EVENTS)
        .once::<UserFollowed>(follows::user_followed)
        .once::<UserUnfollowed>(follows::user_unfollowed)
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
