//! Who is hidden from whom.

use nova_event_bus::Delivery;
use nova_proto::identity::v1::{UserBlocked, UserUnblocked};
use sqlx::PgConnection;

use super::{id, revision};
use crate::commands;
use crate::domain::Block;
use crate::error::Error;
use crate::state::State;

pub(super) async fn user_blocked(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserBlocked>,
) -> Result<(), Error> {
    let block = block(&event.user_id, &event.blocked_user_id, true, event.revision)?;
    commands::record_block(tx, block).await
}

pub(super) async fn user_unblocked(
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

fn block(user: &str, blocked: &str, active: bool, number: i64) -> Result<Block, Error> {
    Ok(Block {
        user_id: id("user_id", user)?,
        blocked_id: id("blocked_user_id", blocked)?,
        active,
        revision: revision(number)?,
    })
}
