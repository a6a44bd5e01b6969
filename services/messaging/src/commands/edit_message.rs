use nova_event_bus::Outbox;
use nova_ids::{ConversationId, MessageId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::entering::{lock_message, replace, stand_to_speak, tell_edit};
use crate::domain::{Edit, Message};
use crate::error::Error;
use crate::store;

/// Gives one of the editor's messages other words, and answers it. An edit that changes nothing leaves no trace.
///
/// # Errors
/// When there is no such message that the editor may see, or it is deleted, when it is another's, when one of a `DIRECT`
/// has blocked the other, and when the database fails.
pub async fn edit_message(
    tx: &mut PgConnection,
    outbox: &Outbox,
    editor: UserId,
    conversation: ConversationId,
    id: MessageId,
    edit: Edit,
) -> Result<Message, Error> {
    stand_to_speak(tx, editor, conversation).await?;
    let (mut conversation, mut message) = lock_message(tx, editor, conversation, id).await?;
    if message.is_deleted() {
        return Err(Error::NoSuchMessage);
    }
    let now = OffsetDateTime::now_utc();
    if let Some(mut edited) = message.edit(editor, edit, now)? {
        replace(tx, &mut conversation, &mut edited).await?;
        tell_edit(tx, outbox, &mut edited, now).await?;
        message = edited;
    }
    store::shown::dress(tx, editor, std::slice::from_mut(&mut message)).await?;
    Ok(message)
}
