//! Messages, which claim media as posts do.

use nova_event_bus::Delivery;
use nova_ids::{MediaId, UserId};
use nova_proto::media::v1::Attachment;
use nova_proto::messaging::v1::{Message, MessageDeleted, MessageEdited, MessageSent};
use sqlx::PgConnection;

use super::{id, revision};
use crate::commands;
use crate::domain::MessageState;
use crate::error::Error;
use crate::state::State;

pub(super) async fn message_sent(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<MessageSent>,
) -> Result<(), Error> {
    let message = MessageState {
        message_id: id("message_id", &event.message_id)?,
        user_id: sender(&event.sender_id)?,
        media_ids: media(&event.media)?,
        position: revision(event.position)?,
    };
    commands::record_message(tx, &message).await
}

pub(super) async fn message_edited(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<MessageEdited>,
) -> Result<(), Error> {
    let message = state(event.message.as_ref(), &event.message_id, event.position)?;
    commands::record_message(tx, &message).await
}

pub(super) async fn message_deleted(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<MessageDeleted>,
) -> Result<(), Error> {
    let message = state(event.message.as_ref(), &event.message_id, event.position)?;
    commands::record_message(tx, &message).await
}

fn state(message: Option<&Message>, text: &str, position: i64) -> Result<MessageState, Error> {
    let message = message.ok_or(Error::BadEvent("message"))?;
    Ok(MessageState {
        message_id: id("message_id", text)?,
        user_id: sender(&message.sender_id)?,
        media_ids: media(&message.media)?,
        position: revision(position)?,
    })
}

/// Empty when the sender's account was erased.
fn sender(text: &str) -> Result<Option<UserId>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    id("sender_id", text).map(Some)
}

fn media(attached: &[Attachment]) -> Result<Vec<MediaId>, Error> {
    let ids = attached.iter().map(|one| id("media", &one.id));
    ids.collect()
}
