//! Lasting changes of conversations.

use nova_event_bus::Delivery;
use nova_ids::UserId;
use nova_proto::messaging::v1::{
    Conversation, ConversationCreated, ConversationUpdated, Message, MessageDeleted, MessageEdited,
    MessageReacted, MessageSent,
};
use prost::Message as _;
use sqlx::PgConnection;

use crate::domain::{Change, ConversationId, Kind};
use crate::error::Error;
use crate::state::State;
use crate::{commands, events};

pub(super) async fn record_sent(
    _: &State,
    tx: &mut PgConnection,
    events: &[&Delivery<MessageSent>],
) -> Result<(), Error> {
    let changes: Result<Vec<Change>, Error> = events.iter().map(|event| sent(event)).collect();
    commands::record_changes(tx, &changes?).await
}

fn sent(event: &MessageSent) -> Result<Change, Error> {
    let message = Message {
        id: event.message_id.clone(),
        conversation_id: event.conversation_id.clone(),
        sequence: events::counted("sequence", event.sequence)?,
        position: event.position,
        sender_id: event.sender_id.clone(),
        r#type: event.r#type,
        content: Some(event.content.clone()),
        media: event.media.clone(),
        reply_to: event.reply_to.clone(),
        client_message_id: event.client_message_id.clone(),
        revision: event.revision.max(1),
        sent_at: event.sent_at,
        ..Message::default()
    };
    of_message(
        &event.conversation_id,
        event.position,
        Kind::Message,
        &message,
    )
}

pub(super) async fn tell_sent(
    state: &State,
    events: &[&Delivery<MessageSent>],
) -> Result<(), Error> {
    let place = |event: &&Delivery<MessageSent>| place(&event.conversation_id, event.position);
    let places: Result<Vec<_>, Error> = events.iter().map(place).collect();
    commands::tell_changes(state, &places?).await
}

pub(super) async fn record_edited(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<MessageEdited>,
) -> Result<(), Error> {
    let message = event.message.as_ref().ok_or(Error::BadEvent("message"))?;
    let change = of_message(
        &event.conversation_id,
        event.position,
        Kind::Edited,
        message,
    )?;
    commands::record_change(tx, &change, None).await
}

pub(super) async fn tell_edited(
    state: &State,
    event: &Delivery<MessageEdited>,
) -> Result<(), Error> {
    tell(state, &event.conversation_id, event.position).await
}

pub(super) async fn record_deleted(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<MessageDeleted>,
) -> Result<(), Error> {
    let message = event.message.as_ref().ok_or(Error::BadEvent("message"))?;
    let change = of_message(
        &event.conversation_id,
        event.position,
        Kind::Deleted,
        message,
    )?;
    commands::record_change(tx, &change, None).await
}

pub(super) async fn tell_deleted(
    state: &State,
    event: &Delivery<MessageDeleted>,
) -> Result<(), Error> {
    tell(state, &event.conversation_id, event.position).await
}

pub(super) async fn record_reacted(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<MessageReacted>,
) -> Result<(), Error> {
    let message = event.message.as_ref().ok_or(Error::BadEvent("message"))?;
    let change = of_message(
        &event.conversation_id,
        event.position,
        Kind::Reacted,
        message,
    )?;
    commands::record_change(tx, &change, None).await
}

pub(super) async fn tell_reacted(
    state: &State,
    event: &Delivery<MessageReacted>,
) -> Result<(), Error> {
    tell(state, &event.conversation_id, event.position).await
}

pub(super) async fn record_created(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<ConversationCreated>,
) -> Result<(), Error> {
    let conversation = event.conversation.as_ref();
    let conversation = conversation.ok_or(Error::BadEvent("conversation"))?;
    record_conversation(tx, &event.conversation_id, 1, conversation, &[]).await
}

pub(super) async fn tell_created(
    state: &State,
    event: &Delivery<ConversationCreated>,
) -> Result<(), Error> {
    tell(state, &event.conversation_id, 1).await
}

pub(super) async fn record_updated(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<ConversationUpdated>,
) -> Result<(), Error> {
    let conversation = event.conversation.as_ref();
    let conversation = conversation.ok_or(Error::BadEvent("conversation"))?;
    let removed = &event.removed_user_ids;
    record_conversation(
        tx,
        &event.conversation_id,
        event.position,
        conversation,
        removed,
    )
    .await
}

pub(super) async fn tell_updated(
    state: &State,
    event: &Delivery<ConversationUpdated>,
) -> Result<(), Error> {
    tell(state, &event.conversation_id, event.position).await
}

async fn record_conversation(
    tx: &mut PgConnection,
    id: &str,
    position: i64,
    conversation: &Conversation,
    removed: &[String],
) -> Result<(), Error> {
    // Read once, so that what cannot be shown is parked instead of kept.
    events::conversation(conversation)?;
    let removed: Result<Vec<UserId>, Error> = removed
        .iter()
        .map(|user| events::id("removed_user_ids", user))
        .collect();
    let members: Result<Vec<(UserId, i64)>, Error> = conversation
        .members
        .iter()
        .map(|member| {
            let joined = events::counted("joined_position", member.joined_position)?;
            Ok((events::id("user_id", &member.user_id)?, joined))
        })
        .collect();
    let change = Change {
        conversation_id: events::id("conversation_id", id)?,
        position: events::counted("position", position)?,
        kind: Kind::Conversation,
        sender_id: None,
        removed: removed?,
        payload: Some(conversation.encode_to_vec()),
    };
    commands::record_change(tx, &change, Some(&members?)).await
}

fn of_message(id: &str, position: i64, kind: Kind, message: &Message) -> Result<Change, Error> {
    Ok(Change {
        conversation_id: events::id("conversation_id", id)?,
        position: events::counted("position", position)?,
        kind,
        sender_id: events::maybe_id("sender_id", &message.sender_id)?,
        removed: Vec::new(),
        payload: Some(message.encode_to_vec()),
    })
}

async fn tell(state: &State, id: &str, position: i64) -> Result<(), Error> {
    commands::tell_changes(state, &[place(id, position)?]).await
}

fn place(id: &str, position: i64) -> Result<(ConversationId, i64), Error> {
    Ok((events::id("conversation_id", id)?, position))
}
