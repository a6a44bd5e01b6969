use nova_event_bus::Outbox;
use nova_ids::{ConversationId, MessageId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::entering::{lock_message, replace, stand};
use crate::domain::ConversationType;
use crate::error::Error;
use crate::{events, store};

/// Deletes a message for all: one's own, or in a `GROUP` that one leads anybody's. Its place stays. Again is not more.
///
/// # Errors
/// When there is no such message that the remover may see, when they may not, and when the database fails.
pub async fn delete_message(
    tx: &mut PgConnection,
    outbox: &Outbox,
    remover: UserId,
    conversation: ConversationId,
    id: MessageId,
) -> Result<(), Error> {
    stand(tx, remover, conversation).await?;
    let (mut conversation, message) = lock_message(tx, remover, conversation, id).await?;
    let leads = conversation.kind == ConversationType::Group && conversation.is_led_by(remover);
    if message.sender_id != Some(remover) && !leads {
        return Err(Error::Forbidden("only its sender may delete a message"));
    }
    if message.is_deleted() {
        return Ok(());
    }
    let mut left = message.deleted(OffsetDateTime::now_utc());
    replace(tx, &mut conversation, &mut left).await?;
    store::reactions::delete_all(tx, std::slice::from_ref(&left)).await?;
    let event = events::message_deleted(&left, Some(remover));
    outbox.append(tx, &event).await?;
    Ok(())
}
