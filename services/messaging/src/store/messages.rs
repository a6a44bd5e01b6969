//! Messages, whole, as commands have them. What somebody is shown of one is read in `shown`.

use nova_attachments::Attachment;
use nova_ids::{ConversationId, MediaId, MessageId, UserId};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use super::named;
use crate::domain::{Message, Original};

/// These messages, whoever sees them, in the order of their conversations and sequences.
///
/// # Errors
/// When the database fails.
pub async fn find_all(tx: &mut PgConnection, ids: &[MessageId]) -> sqlx::Result<Vec<Message>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    sqlx::query_as(
        "SELECT id, conversation_id, sequence, position, sent_position, sender_id, type, type_given, content,
                media, reply_to, client_message_id, revision, sent_at, edited_at, deleted_at, original
         FROM messages WHERE id = ANY($1) ORDER BY conversation_id, sequence",
    )
    .bind(&ids)
    .fetch_all(tx)
    .await
}

/// Messages of the owner that name the medium, with where they were said.
///
/// # Errors
/// When the database fails.
pub async fn naming(
    tx: &mut PgConnection,
    owner: UserId,
    medium: MediaId,
) -> sqlx::Result<Vec<(MessageId, ConversationId)>> {
    let named: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "SELECT id, conversation_id FROM messages
         WHERE media_ids @> ARRAY[$2::uuid] AND media_ids <> '{}' AND sender_id = $1",
    )
    .bind(owner.uuid())
    .bind(medium.uuid())
    .fetch_all(tx)
    .await?;
    Ok(pairs(named))
}

/// At most `limit` messages of the sender, with where they were said.
///
/// # Errors
/// When the database fails.
pub async fn sent_by(
    tx: &mut PgConnection,
    sender: UserId,
    limit: i64,
) -> sqlx::Result<Vec<(MessageId, ConversationId)>> {
    let sent: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "SELECT id, conversation_id FROM messages WHERE sender_id = $1 ORDER BY id LIMIT $2",
    )
    .bind(sender.uuid())
    .bind(limit)
    .fetch_all(tx)
    .await?;
    Ok(pairs(sent))
}

/// Ids of messages and of their conversations.
pub(super) fn pairs(rows: Vec<(Uuid, Uuid)>) -> Vec<(MessageId, ConversationId)> {
    let pairs = rows.into_iter();
    pairs
        .map(|(message, conversation)| (message.into(), conversation.into()))
        .collect()
}

/// Adds a new message.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut PgConnection, message: &Message) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO messages (id, conversation_id, sequence, position, sent_position, sender_id, type,
                               type_given, content, media, media_ids, reply_to, client_message_id,
                               revision, sent_at)
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(message.id.uuid())
    .bind(message.conversation_id.uuid())
    .bind(message.sequence)
    .bind(message.position)
    .bind(message.sender_id.map(UserId::uuid))
    .bind(message.kind.as_str())
    .bind(message.kind_given)
    .bind(&message.content)
    .bind(Json(&message.media))
    .bind(media_ids(message))
    .bind(message.reply_to.map(MessageId::uuid))
    .bind(message.client_message_id)
    .bind(message.revision)
    .bind(message.sent_at)
    .execute(tx)
    .await?;
    Ok(())
}

/// Saves what a change can have changed. The caller holds the conversation's lock.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, message: &Message) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE messages SET position = $2, type = $3, content = $4, media = $5, media_ids = $6, revision = $7,
                edited_at = $8, deleted_at = $9, original = $10
         WHERE id = $1",
    )
    .bind(message.id.uuid())
    .bind(message.position)
    .bind(message.kind.as_str())
    .bind(&message.content)
    .bind(Json(&message.media))
    .bind(media_ids(message))
    .bind(message.revision)
    .bind(message.edited_at)
    .bind(message.deleted_at)
    .bind(message.original.as_ref().map(Json))
    .execute(tx)
    .await?;
    Ok(())
}

/// Saves the positions of several. The caller holds their conversations' locks.
///
/// # Errors
/// When the database fails.
pub async fn save_positions(tx: &mut PgConnection, messages: &[Message]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = messages.iter().map(|one| one.id.uuid()).collect();
    let positions: Vec<i64> = messages.iter().map(|one| one.position).collect();
    sqlx::query(
        "UPDATE messages SET position = moved.position
         FROM UNNEST($1::uuid[], $2::bigint[]) AS moved(id, position)
         WHERE messages.id = moved.id",
    )
    .bind(&ids)
    .bind(&positions)
    .execute(tx)
    .await?;
    Ok(())
}

/// Leaves of these messages, of a sender who is gone for good, nothing but their places; those that were deleted before
/// keep when. The caller holds their conversations' locks.
///
/// # Errors
/// When the database fails.
pub async fn erase(tx: &mut PgConnection, messages: &[Message]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = messages.iter().map(|one| one.id.uuid()).collect();
    let positions: Vec<i64> = messages.iter().map(|one| one.position).collect();
    let revisions: Vec<i64> = messages.iter().map(|one| one.revision).collect();
    let ends: Vec<Option<OffsetDateTime>> = messages.iter().map(|one| one.deleted_at).collect();
    sqlx::query(
        "UPDATE messages
         SET sender_id = NULL, content = NULL, media = '[]', media_ids = '{}', original = NULL,
             client_message_id = NULL, position = left_over.position, revision = left_over.revision,
             deleted_at = left_over.deleted_at
         FROM UNNEST($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[])
              AS left_over(id, position, revision, deleted_at)
         WHERE messages.id = left_over.id",
    )
    .bind(&ids)
    .bind(&positions)
    .bind(&revisions)
    .bind(&ends)
    .execute(tx)
    .await?;
    Ok(())
}

fn media_ids(message: &Message) -> Vec<Uuid> {
    message.media.iter().map(|one| one.id().uuid()).collect()
}

impl FromRow<'_, PgRow> for Message {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let Json(media): Json<Vec<Attachment>> = row.try_get("media")?;
        let original: Option<Json<Original>> = row.try_get("original")?;
        let sender: Option<Uuid> = row.try_get("sender_id")?;
        let reply_to: Option<Uuid> = row.try_get("reply_to")?;
        Ok(Self {
            id: row.try_get::<Uuid, _>("id")?.into(),
            conversation_id: row.try_get::<Uuid, _>("conversation_id")?.into(),
            sequence: row.try_get("sequence")?,
            position: row.try_get("position")?,
            sender_id: sender.map(UserId::from),
            kind: named(row, "type")?,
            content: row.try_get("content")?,
            media,
            reply_to: reply_to.map(MessageId::from),
            reactions: Vec::new(),
            client_message_id: row.try_get("client_message_id")?,
            revision: row.try_get("revision")?,
            sent_at: row.try_get("sent_at")?,
            edited_at: row.try_get("edited_at")?,
            deleted_at: row.try_get("deleted_at")?,
            kind_given: row.try_get("type_given")?,
            sent_position: row.try_get("sent_position")?,
            original: original.map(|original| original.0),
        })
    }
}
