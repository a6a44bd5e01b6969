//! What this service listens to.

mod follows;

use nova_event_bus::Router;
use nova_proto::catalogue::EVENTS;
use nova_proto::identity::v1::{UserFollowed, UserUnfollowed};

use crate::NAME;

/// Every event that this service listens to.
pub(crate) fn router() -> Router<()> {
    Router::new(NAME, ())
        .knows(EVENTS)
        .once::<UserFollowed>(follows::user_followed)
        .once::<UserUnfollowed>(follows::user_unfollowed)
}
