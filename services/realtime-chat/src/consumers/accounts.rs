//! Accounts that end.

use nova_event_bus::Delivery;
use nova_proto::identity::v1::{UserDeactivated, UserDeleted, UserReactivated};
use sqlx::PgConnection;

use crate::domain::AccountState;
use crate::error::Error;
use crate::state::State;
use crate::{commands, events};

pub(super) async fn record_deactivated(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserDeactivated>,
) -> Result<(), Error> {
    let state = AccountState {
        user_id: events::id("user_id", &event.user_id)?,
        hidden: true,
        erased: false,
        revision: events::counted("revision", event.revision)?,
    };
    commands::record_account(tx, state).await
}

pub(super) async fn tell_deactivated(
    state: &State,
    event: &Delivery<UserDeactivated>,
) -> Result<(), Error> {
    commands::tell_gone(state, events::id("user_id", &event.user_id)?).await
}

pub(super) async fn record_reactivated(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserReactivated>,
) -> Result<(), Error> {
    let state = AccountState {
        user_id: events::id("user_id", &event.user_id)?,
        hidden: false,
        erased: false,
        revision: events::counted("revision", event.revision)?,
    };
    commands::record_account(tx, state).await
}

pub(super) async fn record_deleted(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserDeleted>,
) -> Result<(), Error> {
    let state = AccountState {
        user_id: events::id("user_id", &event.user_id)?,
        hidden: true,
        erased: true,
        revision: events::counted("revision", event.revision)?,
    };
    commands::record_account(tx, state).await
}

pub(super) async fn forget_deleted(
    state: &State,
    event: &Delivery<UserDeleted>,
) -> Result<(), Error> {
    let user = events::id("user_id", &event.user_id)?;
    commands::tell_gone(state, user).await?;
    commands::forget_user(state, user).await
}
