//! Users.

use nova_event_bus::Delivery;
use nova_proto::identity::v1::UserRegistered;
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
    let user_id = event.user_id.parse();
    let user_id = user_id.map_err(|_| Error::BadEvent("user_id"))?;
    let greeting = Greeting::welcome(Uuid::now_v7(), user_id, &state.welcome, &event.username);
    commands::greet(tx, &state.outbox, &greeting).await
}
