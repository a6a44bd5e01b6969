//! Accounts, from their first day to their last.

use nova_event_bus::Delivery;
use nova_proto::identity::v1::{
    UserDeactivated, UserDeleted, UserProfileUpdated, UserReactivated, UserRegistered,
};
use sqlx::PgConnection;

use super::{id, revision};
use crate::commands;
use crate::domain::AccountState;
use crate::error::Error;
use crate::state::State;

pub(super) async fn user_registered(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserRegistered>,
) -> Result<(), Error> {
    commands::greet_user(tx, id("user_id", &event.user_id)?).await
}

/// Of who registered before there was this service, perhaps.
pub(super) async fn user_updated(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserProfileUpdated>,
) -> Result<(), Error> {
    commands::greet_user(tx, id("user_id", &event.user_id)?).await
}

pub(super) async fn record_deactivated(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserDeactivated>,
) -> Result<(), Error> {
    let state = AccountState {
        user_id: id("user_id", &event.user_id)?,
        hidden: true,
        erased: false,
        revision: revision(event.revision)?,
    };
    commands::record_account(tx, state).await
}

pub(super) async fn record_reactivated(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserReactivated>,
) -> Result<(), Error> {
    let state = AccountState {
        user_id: id("user_id", &event.user_id)?,
        hidden: false,
        erased: false,
        revision: revision(event.revision)?,
    };
    commands::record_account(tx, state).await
}

pub(super) async fn record_deleted(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserDeleted>,
) -> Result<(), Error> {
    let state = AccountState {
        user_id: id("user_id", &event.user_id)?,
        hidden: true,
        erased: true,
        revision: revision(event.revision)?,
    };
    commands::record_account(tx, state).await
}

pub(super) async fn forget_deleted(
    state: &State,
    event: &Delivery<UserDeleted>,
) -> Result<(), Error> {
    commands::forget_user(&state.tables(), id("user_id", &event.user_id)?).await
}
