//! What this service listens to.

mod authors;
mod follows;
mod posts;

use nova_event_bus::Router;
use nova_proto::catalogue::EVENTS;
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use nova_proto::identity::v1::{UserFollowed, UserProfileUpdated, UserRegistered, UserUnfollowed};

use crate::NAME;
use crate::state::State;

/// Every event that this service listens to: what happens once with it, and then what happens to the cache.
pub(crate) fn router(state: State) -> Router<State> {
    Router::new(NAME, state)
        .knows(EVENTS)
        .once_then::<PostCreated>(posts::record_created, posts::deliver_created)
        .once_then::<PostUpdated>(posts::record_updated, posts::deliver_updated)
        .once_then::<PostDeleted>(posts::record_deleted, posts::deliver_deleted)
        .once_then::<UserFollowed>(follows::record_followed, follows::refresh_follower)
        .once_then::<UserUnfollowed>(follows::record_unfollowed, follows::refresh_unfollower)
        .once::<UserRegistered>(authors::record_registered)
        .once::<UserProfileUpdated>(authors::record_updated)
}
