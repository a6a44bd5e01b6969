//! What this service listens to.

mod users;

use nova_event_bus::Router;
use nova_proto::catalogue::EVENTS;
use nova_proto::identity::v1::{UserDeleted, UserRegistered};

use crate::NAME;
use crate::state::State;

/// Every event that this service listens to.
pub(crate) fn router(state: State) -> Router<State> {
    Router::new(NAME, state)
        .knows(EVENTS)
        .once::<UserRegistered>(users::user_registered)
        .once::<UserDeleted>(users::user_deleted)
}
