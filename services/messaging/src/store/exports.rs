//! What users are still to be told of what is kept of them.

use nova_event_bus::Cause;
use nova_ids::MessageId;
use nova_service::exports;
use sqlx::PgConnection;

use crate::domain::Message;

/// An export under way, and the event that asked for it.
pub type Export = exports::Export<MessageId, Cause>;

/// The next messages of the export, at most `limit`, oldest first. They are for their sender's own eyes, so nothing is left
/// out but those that are deleted: of conversations, too, that the sender has left.
///
/// # Errors
/// When the database fails.
pub async fn messages(
    tx: &mut PgConnection,
    of: &Export,
    limit: i64,
) -> sqlx::Result<Vec<Message>> {
    sqlx::query_as(
        "SELECT id, conversation_id, sequence, position, sent_position, sender_id, type, type_given, content,
                media, reply_to, client_message_id, revision, sent_at, edited_at, deleted_at, original
         FROM messages
         WHERE sender_id = $1 AND id > $2 AND deleted_at IS NULL ORDER BY id LIMIT $3",
    )
    .bind(of.user_id.uuid())
    .bind(of.told_to.uuid())
    .bind(limit)
    .fetch_all(tx)
    .await
}
