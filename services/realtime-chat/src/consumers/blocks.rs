//! Who does not want to see whom.

use nova_event_bus::Delivery;
use nova_proto::identity::v1::{UserBlocked, UserUnblocked};
use sqlx::PgConnection;

use crate::domain::Block;
use crate::error::Error;
use crate::state::State;
use crate::{commands, events};

pub(super) async fn record_blocked(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserBlocked>,
) -> Result<(), Error> {
    let block = block(&event.user_id, &event.blocked_user_id, true, event.revision)?;
    commands::record_block(tx, block).await
}

pub(super) async fn record_unblocked(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserUnblocked>,
) -> Result<(), Error> {
    let block = block(
        &event.user_id,
        &event.blocked_user_id,
        false,
        event.revision,
    )?;
    commands::record_block(tx, block).await
}

pub(super) async fn tell_blocked(
    state: &State,
    event: &Delivery<UserBlocked>,
) -> Result<(), Error> {
    tell(state, &event.user_id, &event.blocked_user_id).await
}

pub(super) async fn tell_unblocked(
    state: &State,
    event: &Delivery<UserUnblocked>,
) -> Result<(), Error> {
    tell(state, &event.user_id, &event.blocked_user_id).await
}

async fn tell(state: &State, one: &str, other: &str) -> Result<(), Error> {
    let one = events::id("user_id", one)?;
    let other = events::id("blocked_user_id", other)?;
    commands::tell_block(state, one, other).await
}

fn block(one: &str, other: &str, active: bool, revision: i64) -> Result<Block, Error> {
    Ok(Block {
        user_id: events::id("user_id", one)?,
        other_id: events::id("blocked_user_id", other)?,
        active,
        revision: events::counted("revision", revision)?,
    })
}
