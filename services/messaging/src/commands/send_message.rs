use nova_event_bus::Outbox;
use nova_ids::{MessageId, UserId};
use nova_service::idempotency::{IdempotencyError, IdempotencyKey, fingerprint};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::entering::{conclude, lock, stand_to_speak};
use crate::domain::{Conversation, ConversationType, Draft, Message, Unprocessable};
use crate::error::Error;
use crate::store::sends::Keys;
use crate::{events, store};

/// What became of a draft.
#[derive(Debug)]
pub enum Sent {
    /// It was sent.
    Now(Message),
    /// The same was sent before; the message as it is.
    Before(Message),
}

/// Sends a draft. The same by the same `client_message_id` or key happens once, for ever: whatever became of the sender or
/// the conversation since, the message of then is answered.
///
/// # Errors
/// When the sender is not in the conversation, when the other of a `DIRECT` has blocked them or is blocked, when what it
/// answers is not to be seen, when the id or key was used for something else, and when the database fails.
pub async fn send_message(
    tx: &mut PgConnection,
    outbox: &Outbox,
    sender: UserId,
    draft: Draft,
    key: &IdempotencyKey,
) -> Result<Sent, Error> {
    let keys = Keys {
        client_message_id: draft.client_message_id,
        header: key.as_str(),
        request: fingerprint("send_message", &draft)?,
    };
    if let Some(message) = sent_before(tx, sender, &keys).await? {
        return Ok(Sent::Before(message));
    }
    stand_to_speak(tx, sender, draft.conversation_id).await?;
    // Before the conversation: who tells of a medium has the medium before the conversations.
    let media = nova_attachments::claim(tx, sender, draft.media_ids()).await?;
    let mut conversation = lock(tx, sender, draft.conversation_id).await?;
    if let Some(answered) = draft.reply_to {
        let seen = store::shown::find(tx, sender, conversation.id, answered).await?;
        seen.ok_or_else(Unprocessable::no_such_message)?;
    }
    let id = MessageId::new();
    if !store::sends::claim(tx, sender, &keys, id).await? {
        let before = sent_before(tx, sender, &keys).await?;
        return before.map(Sent::Before).ok_or(Error::NoSuchMessage);
    }
    bring_back(tx, outbox, &mut conversation, sender).await?;
    conversation.sequence += 1;
    let position = conversation.next_position();
    let message = Message::send(id, sender, draft, media, conversation.sequence, position);
    store::messages::insert(tx, &message).await?;
    store::conversations::save(tx, &conversation, Some(message.sent_at)).await?;
    let recipients: Vec<UserId> = conversation.others(sender).collect();
    let event = events::message_sent(&message, &recipients);
    outbox.append(tx, &event).await?;
    Ok(Sent::Now(message))
}

/// What was sent by one of these keys, as it is.
async fn sent_before(
    tx: &mut PgConnection,
    sender: UserId,
    keys: &Keys<'_>,
) -> Result<Option<Message>, Error> {
    let Some(earlier) = store::sends::find(tx, sender, keys).await? else {
        return Ok(None);
    };
    if earlier.request != keys.request {
        return Err(match earlier.kind.as_str() {
            "client" => Unprocessable::reused().into(),
            _ => IdempotencyError::Reused.into(),
        });
    }
    let ids = [earlier.message_id];
    let mut found = store::messages::find_all(tx, &ids).await?;
    store::shown::dress(tx, sender, &mut found).await?;
    Ok(found.pop())
}

/// Who has left a DIRECT is in it again with the next message.
async fn bring_back(
    tx: &mut PgConnection,
    outbox: &Outbox,
    conversation: &mut Conversation,
    sender: UserId,
) -> Result<(), Error> {
    let is_alone = conversation.others(sender).next().is_none();
    if conversation.kind != ConversationType::Direct || !is_alone {
        return Ok(());
    }
    let other = store::pairs::other(tx, conversation.id, sender).await?;
    let change = other.and_then(|other| conversation.bring_back(other, OffsetDateTime::now_utc()));
    match change {
        Some(change) => conclude(tx, outbox, conversation, &change).await,
        None => Ok(()),
    }
}
