//! Who is hidden from whom.

use nova_event_bus::Delivery;
use nova_proto::identity::v1::{UserBlocked, UserMuted, UserUnblocked, UserUnmuted};
use sqlx::PgConnection;

use crate::error::Error;
use crate::state::State;
use crate::store::follows::{Block, Mute};
use crate::{commands, events};

pub(super) async fn record_muted(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserMuted>,
) -> Result<(), Error> {
    let mute = Mute {
        user_id: events::id("user_id", &event.user_id)?,
        muted_id: events::id("muted_user_id", &event.muted_user_id)?,
        active: true,
        revision: events::revision(event.revision)?,
    };
    commands::record_mute(tx, &state.outbox, mute).await
}

pub(super) async fn mend_after_mute(
    state: &State,
    event: &Delivery<UserMuted>,
) -> Result<(), Error> {
    mend(state, &event.user_id, &event.muted_user_id).await
}

pub(super) async fn record_unmuted(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserUnmuted>,
) -> Result<(), Error> {
    let mute = Mute {
        user_id: events::id("user_id", &event.user_id)?,
        muted_id: events::id("muted_user_id", &event.muted_user_id)?,
        active: false,
        revision: events::revision(event.revision)?,
    };
    commands::record_mute(tx, &state.outbox, mute).await
}

pub(super) async fn mend_after_unmute(
    state: &State,
    event: &Delivery<UserUnmuted>,
) -> Result<(), Error> {
    mend(state, &event.user_id, &event.muted_user_id).await
}

pub(super) async fn record_blocked(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserBlocked>,
) -> Result<(), Error> {
    let block = Block {
        user_id: events::id("user_id", &event.user_id)?,
        blocked_id: events::id("blocked_user_id", &event.blocked_user_id)?,
        active: true,
        revision: events::revision(event.revision)?,
    };
    commands::record_block(tx, &state.outbox, block).await
}

pub(super) async fn mend_after_block(
    state: &State,
    event: &Delivery<UserBlocked>,
) -> Result<(), Error> {
    mend_both(state, &event.user_id, &event.blocked_user_id).await
}

pub(super) async fn record_unblocked(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserUnblocked>,
) -> Result<(), Error> {
    let block = Block {
        user_id: events::id("user_id", &event.user_id)?,
        blocked_id: events::id("blocked_user_id", &event.blocked_user_id)?,
        active: false,
        revision: events::revision(event.revision)?,
    };
    commands::record_block(tx, &state.outbox, block).await
}

pub(super) async fn mend_after_unblock(
    state: &State,
    event: &Delivery<UserUnblocked>,
) -> Result<(), Error> {
    mend_both(state, &event.user_id, &event.blocked_user_id).await
}

async fn mend(state: &State, user: &str, muted: &str) -> Result<(), Error> {
    let user = events::id("user_id", user)?;
    let muted = events::id("muted_user_id", muted)?;
    commands::mend_timeline(state, user, muted, user).await
}

async fn mend_both(state: &State, user: &str, blocked: &str) -> Result<(), Error> {
    let user = events::id("user_id", user)?;
    let blocked = events::id("blocked_user_id", blocked)?;
    commands::mend_timeline(state, user, blocked, user).await?;
    commands::mend_timeline(state, blocked, user, user).await
}
