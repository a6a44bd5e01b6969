//! Users.

use nova_event_bus::Delivery;
use nova_ids::UserId;
use nova_proto::identity::v1::{UserDeleted, UserRegistered};
use nova_service::erasure;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::commands;
use crate::domain::Greeting;
use crate::error::Error;
use crate::state::State;

pub(super) async fn user_registered(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserRegistered>,
) -> Result<(), Error> {
    let user_id = id(&event.user_id)?;
    let greeting = Greeting::welcome(Uuid::now_v7(), user_id, &state.welcome, &event.username);
    commands::greet(tx, &state.outbox, &greeting).await
}

pub(super) async fn user_deleted(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserDeleted>,
) -> Result<(), Error> {
    Ok(erasure::begin(tx, id(&event.user_id)?).await?)
}

fn id(text: &str) -> Result<UserId, Error> {
    text.parse().map_err(|_| Error::BadEvent("user_id"))
}
