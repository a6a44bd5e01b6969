//! What users are still to be told of what is kept of them.

use nova_event_bus::Cause;
use nova_ids::{ExportId, MessageId, UserId};
use sqlx::types::Json;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::domain::{ExportRequest, Message};

/// An export under way.
#[derive(Debug)]
pub struct Export {
    /// Whose.
    pub user_id: UserId,
    /// Which.
    pub id: ExportId,
    /// How many parts of it have been told.
    pub parts: i32,
    /// The last message in them.
    pub told_to: MessageId,
    /// The event that asked for it.
    pub cause: Option<Cause>,
}

/// Notes that a user is to be told of all, from the first message on; not when a later one has been asked for, and not of
/// who is gone for good.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    tx: &mut PgConnection,
    request: ExportRequest,
    cause: Option<&Cause>,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO exports (user_id, export_id, cause)
         SELECT $1, $2, $3
         WHERE NOT EXISTS (SELECT FROM accounts WHERE user_id = $1 AND erased)
         ON CONFLICT (user_id) DO UPDATE
         SET export_id = excluded.export_id, cause = excluded.cause, parts = DEFAULT,
             told_to = DEFAULT, turn = DEFAULT
         WHERE exports.export_id < excluded.export_id",
    )
    .bind(request.user_id.uuid())
    .bind(request.export_id.uuid())
    .bind(cause.map(Json))
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes the export that has waited longest and that nobody else has taken, until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut PgConnection) -> sqlx::Result<Option<Export>> {
    let row = sqlx::query(
        "SELECT user_id, export_id, parts, told_to, cause FROM exports
         WHERE NOT EXISTS (SELECT FROM accounts
                           WHERE accounts.user_id = exports.user_id AND erased)
         ORDER BY turn LIMIT 1 FOR UPDATE OF exports SKIP LOCKED",
    )
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let cause: Option<Json<Cause>> = row.try_get("cause")?;
    Ok(Some(Export {
        user_id: row.try_get::<Uuid, _>("user_id")?.into(),
        id: row.try_get::<Uuid, _>("export_id")?.into(),
        parts: row.try_get("parts")?,
        told_to: row.try_get::<Uuid, _>("told_to")?.into(),
        cause: cause.map(|cause| cause.0),
    }))
}

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

/// Notes that one more part has been told, up to this message. It is the turn of others now.
///
/// # Errors
/// When the database fails.
pub async fn advance(tx: &mut PgConnection, of: &Export, told_to: MessageId) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE exports SET parts = parts + 1, told_to = $2, turn = clock_timestamp()
         WHERE user_id = $1",
    )
    .bind(of.user_id.uuid())
    .bind(told_to.uuid())
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes that all has been told.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut PgConnection, of: &Export) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM exports WHERE user_id = $1")
        .bind(of.user_id.uuid())
        .execute(tx)
        .await?;
    Ok(())
}
