use nova_event_bus::Outbox;
use nova_ids::{ConversationId, MessageId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::entering::{lock_message, stand_to_speak};
use crate::domain::Emoji;
use crate::error::Error;
use crate::{events, store};

/// Takes a reaction to a message back. Again is not more.
///
/// # Errors
/// When there is no such message that the user may see, or it is deleted, when one of a `DIRECT` has blocked the other, and
/// when the database fails.
pub async fn remove_reaction(
    tx: &mut PgConnection,
    outbox: &Outbox,
    user: UserId,
    conversation: ConversationId,
    id: MessageId,
    emoji: Emoji,
) -> Result<(), Error> {
    stand_to_speak(tx, user, conversation).await?;
    let (mut conversation, mut message) = lock_message(tx, user, conversation, id).await?;
    if message.is_deleted() {
        return Err(Error::NoSuchMessage);
    }
    store::reactions::fill(tx, std::slice::from_mut(&mut message)).await?;
    let mut kinds = message.reactions.iter();
    let is_there = kinds.any(|one| one.emoji == emoji.as_str() && one.user_ids.contains(&user));
    if !is_there {
        return Ok(());
    }
    message.position = conversation.next_position();
    store::reactions::delete(tx, message.id, user, emoji.as_str()).await?;
    store::messages::save_positions(tx, std::slice::from_ref(&message)).await?;
    store::conversations::save(tx, &conversation, None).await?;
    store::reactions::fill(tx, std::slice::from_mut(&mut message)).await?;
    let now = OffsetDateTime::now_utc();
    let event = events::message_reacted(&message, user, emoji.as_str(), true, now);
    outbox.append(tx, &event).await?;
    Ok(())
}
