//! How far members are, and what was not taken of what sockets sent.

use nova_event_bus::Delivery;
use nova_proto::messaging::v1::{MessageDelivered, MessageRead, MessageRejected};
use prost::Message as _;
use sqlx::PgConnection;

use crate::domain::MarkState;
use crate::error::Error;
use crate::state::State;
use crate::{commands, events};

pub(super) async fn record_read(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<MessageRead>,
) -> Result<(), Error> {
    commands::record_mark(tx, read(event)?).await
}

pub(super) async fn tell_read(state: &State, event: &Delivery<MessageRead>) -> Result<(), Error> {
    commands::tell_mark(state, read(event)?).await
}

pub(super) async fn record_delivered(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<MessageDelivered>,
) -> Result<(), Error> {
    commands::record_mark(tx, delivered(event)?).await
}

pub(super) async fn tell_delivered(
    state: &State,
    event: &Delivery<MessageDelivered>,
) -> Result<(), Error> {
    commands::tell_mark(state, delivered(event)?).await
}

pub(super) async fn record_rejected(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<MessageRejected>,
) -> Result<(), Error> {
    let user = events::id("user_id", &event.user_id)?;
    commands::record_rejection(tx, user, &event.encode_to_vec()).await
}

pub(super) async fn tell_rejected(
    state: &State,
    event: &Delivery<MessageRejected>,
) -> Result<(), Error> {
    let user = events::id("user_id", &event.user_id)?;
    commands::tell_rejection(state, user, event.encode_to_vec()).await
}

fn read(event: &MessageRead) -> Result<MarkState, Error> {
    Ok(MarkState {
        conversation_id: events::id("conversation_id", &event.conversation_id)?,
        user_id: events::id("user_id", &event.user_id)?,
        read: events::counted("sequence", event.sequence)?,
        delivered: 0,
    })
}

fn delivered(event: &MessageDelivered) -> Result<MarkState, Error> {
    Ok(MarkState {
        conversation_id: events::id("conversation_id", &event.conversation_id)?,
        user_id: events::id("user_id", &event.user_id)?,
        read: 0,
        delivered: events::counted("sequence", event.sequence)?,
    })
}
