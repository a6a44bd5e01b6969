//! What this service listens to.

mod accounts;
mod blocks;
mod changes;
mod marks;

use nova_event_bus::Router;
use nova_proto::catalogue::EVENTS;
use nova_proto::identity::v1::{
    UserBlocked, UserDeactivated, UserDeleted, UserReactivated, UserUnblocked,
};
use nova_proto::messaging::v1::{
    ConversationCreated, ConversationUpdated, MessageDeleted, MessageDelivered, MessageEdited,
    MessageReacted, MessageRead, MessageRejected, MessageSent,
};

use crate::NAME;
use crate::state::State;

/// Every event that this service listens to: what is kept of it once, and who is told then.
pub(crate) fn router(state: State) -> Router<State> {
    Router::new(NAME, state)
        .knows(EVENTS)
        .batch_then::<MessageSent>(changes::record_sent, changes::tell_sent)
        .once_then::<MessageEdited>(changes::record_edited, changes::tell_edited)
        .once_then::<MessageDeleted>(changes::record_deleted, changes::tell_deleted)
        .once_then::<MessageReacted>(changes::record_reacted, changes::tell_reacted)
        .once_then::<ConversationCreated>(changes::record_created, changes::tell_created)
        .once_then::<ConversationUpdated>(changes::record_updated, changes::tell_updated)
        .once_then::<MessageRead>(marks::record_read, marks::tell_read)
        .once_then::<MessageDelivered>(marks::record_delivered, marks::tell_delivered)
        .once_then::<MessageRejected>(marks::record_rejected, marks::tell_rejected)
        .once_then::<UserBlocked>(blocks::record_blocked, blocks::tell_blocked)
        .once_then::<UserUnblocked>(blocks::record_unblocked, blocks::tell_unblocked)
        .once_then::<UserDeactivated>(accounts::record_deactivated, accounts::tell_deactivated)
        .once::<UserReactivated>(accounts::record_reactivated)
        .once_then::<UserDeleted>(accounts::record_deleted, accounts::forget_deleted)
}
