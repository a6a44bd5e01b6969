use nova_event_bus::Outbox;
use nova_ids::{ConversationId, MessageId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::entering::{lock_message, stand_to_speak};
use crate::domain::{Emoji, Unprocessable};
use crate::error::Error;
use crate::{events, store};

/// Most kinds of reaction to a message.
const KINDS_MAX: usize = 20;

/// Reacts to a message. Again is not more.
///
/// # Errors
/// When there is no such message that the user may see, or it is deleted, when it has too many kinds of reaction, when one
/// of a `DIRECT` has blocked the other, and when the database fails.
pub async fn add_reaction(
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
    let kind = kinds.find(|one| one.emoji == emoji.as_str());
    match kind {
        Some(kind) if kind.user_ids.contains(&user) => return Ok(()),
        None if message.reactions.len() >= KINDS_MAX => {
            let detail = "a message has at most 20 kinds of reaction";
            return Err(Unprocessable::of_field("emoji", "too_many", detail).into());
        }
        _ => {}
    }
    message.position = conversation.next_position();
    store::reactions::insert(tx, &message, user, emoji).await?;
    store::messages::save_positions(tx, std::slice::from_ref(&message)).await?;
    store::conversations::save(tx, &conversation, None).await?;
    store::reactions::fill(tx, std::slice::from_mut(&mut message)).await?;
    let now = OffsetDateTime::now_utc();
    let event = events::message_reacted(&message, user, emoji.as_str(), false, now);
    outbox.append(tx, &event).await?;
    Ok(())
}
