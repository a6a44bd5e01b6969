//! What this service listens to.

mod accounts;
mod authors;
mod exports;
mod follows;
mod posts;
mod relations;

use nova_event_bus::Router;
use nova_proto::catalogue::EVENTS;
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use nova_proto::identity::v1::{
    ExportRequested, UserBlocked, UserDeactivated, UserDeleted, UserFollowed, UserMuted,
    UserProfileUpdated, UserReactivated, UserRegistered, UserUnblocked, UserUnfollowed,
    UserUnmuted,
};

use crate::NAME;
use crate::state::State;

/// Every event that this service listens to: what happens once with it, and then what timelines hear of it.
pub(crate) fn router(state: State) -> Router<State> {
    Router::new(NAME, state)
        .knows(EVENTS)
        .once_then::<PostCreated>(posts::record_created, posts::fan_out)
        .once_then::<PostUpdated>(posts::record_updated, posts::fan_out)
        .once_then::<PostDeleted>(posts::record_deleted, posts::fan_out)
        .once_then::<UserFollowed>(follows::record_followed, follows::mend_after_follow)
        .once_then::<UserUnfollowed>(follows::record_unfollowed, follows::mend_after_unfollow)
        .once_then::<UserMuted>(relations::record_muted, relations::mend_after_mute)
        .once_then::<UserUnmuted>(relations::record_unmuted, relations::mend_after_unmute)
        .once_then::<UserBlocked>(relations::record_blocked, relations::mend_after_block)
        .once_then::<UserUnblocked>(relations::record_unblocked, relations::mend_after_unblock)
        .once::<ExportRequested>(exports::export_requested)
        .once::<UserRegistered>(authors::record_registered)
        .once::<UserProfileUpdated>(authors::record_updated)
        .once::<UserDeactivated>(accounts::record_deactivated)
        .once::<UserReactivated>(accounts::record_reactivated)
        .once_then::<UserDeleted>(accounts::record_deleted, accounts::forget_deleted)
}
