//! What this service listens to.

mod blocks;
mod follows;

use nova_event_bus::Router;
use nova_ids::UserId;
use nova_proto::catalogue::EVENTS;
use nova_proto::identity::v1::{UserBlocked, UserFollowed, UserUnblocked, UserUnfollowed};

use crate::NAME;
use crate::error::Error;

/// Every event that this service listens to.
pub(crate) fn router() -> Router<()> {
    Router::new(NAME, ())
        .knows(EVENTS)
        .once::<UserFollowed>(follows::user_followed)
        .once::<UserUnfollowed>(follows::user_unfollowed)
        .once::<UserBlocked>(blocks::user_blocked)
        .once::<UserUnblocked>(blocks::user_unblocked)
}

fn id(field: &'static str, text: &str) -> Result<UserId, Error> {
    text.parse().map_err(|_| Error::BadEvent(field))
}

const fn revision(number: i64) -> Result<i64, Error> {
    if number >= 1 {
        Ok(number)
    } else {
        Err(Error::BadEvent("revision"))
    }
}
