//! What every change of a conversation begins and ends with.

use nova_event_bus::Outbox;
use nova_ids::{ConversationId, MessageId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Change, Conversation, Message};
use crate::error::Error;
use crate::store::conversations::Standing;
use crate::{events, store};

/// How somebody stands to a conversation that they are in. Nobody waits for a lock who is not.
pub(super) async fn stand(
    tx: &mut PgConnection,
    user: UserId,
    id: ConversationId,
) -> Result<Standing, Error> {
    let (is_gone, standing) = store::conversations::standing(tx, user, id).await?;
    if is_gone {
        return Err(Error::UnknownCaller);
    }
    standing.ok_or(Error::NoSuchConversation)
}

/// The same of a conversation in which one says something.
pub(super) async fn stand_to_speak(
    tx: &mut PgConnection,
    user: UserId,
    id: ConversationId,
) -> Result<Standing, Error> {
    let standing = stand(tx, user, id).await?;
    if standing.is_blocked {
        return Err(Error::Blocked);
    }
    Ok(standing)
}

/// The conversation, locked, if the user is in it.
pub(super) async fn lock(
    tx: &mut PgConnection,
    user: UserId,
    id: ConversationId,
) -> Result<Conversation, Error> {
    let locked = store::conversations::lock(tx, id).await?;
    locked
        .filter(|conversation| conversation.member(user).is_some())
        .ok_or(Error::NoSuchConversation)
}

/// The conversation, locked, and a message of it that the user sees and that is not deleted.
pub(super) async fn lock_message(
    tx: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
    id: MessageId,
) -> Result<(Conversation, Message), Error> {
    let locked = lock(tx, user, conversation).await?;
    let seen = store::shown::find(tx, user, conversation, id).await?;
    let message = seen.ok_or(Error::NoSuchMessage)?;
    Ok((locked, message))
}

/// Saves a change of a conversation itself, and tells of it.
pub(super) async fn conclude(
    tx: &mut PgConnection,
    outbox: &Outbox,
    conversation: &Conversation,
    change: &Change,
) -> Result<(), Error> {
    store::conversations::save(tx, conversation, None).await?;
    store::members::save(tx, conversation, change).await?;
    let event = events::conversation_updated(conversation, change);
    outbox.append(tx, &event).await?;
    Ok(())
}

/// Gives a message of the conversation, which is another now, the next position, and saves it.
pub(super) async fn replace(
    tx: &mut PgConnection,
    conversation: &mut Conversation,
    message: &mut Message,
) -> Result<(), Error> {
    message.position = conversation.next_position();
    store::messages::save(tx, message).await?;
    store::conversations::save(tx, conversation, None).await?;
    Ok(())
}

/// Fills in who reacted to the message, and tells that it is another.
pub(super) async fn tell_edit(
    tx: &mut PgConnection,
    outbox: &Outbox,
    message: &mut Message,
    now: OffsetDateTime,
) -> Result<(), Error> {
    store::reactions::fill(tx, std::slice::from_mut(message)).await?;
    let event = events::message_edited(message, now);
    outbox.append(tx, &event).await?;
    Ok(())
}
