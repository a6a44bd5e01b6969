//! Reactions to messages, as commands have them.

use std::collections::HashMap;

use nova_ids::{ConversationId, MessageId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::messages::pairs;
use crate::domain::{Emoji, Message, Reaction};

/// Fills in the reactions to these messages with who has them, as events tell it.
///
/// # Errors
/// When the database fails.
pub async fn fill(tx: &mut PgConnection, messages: &mut [Message]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = messages.iter().map(|one| one.id.uuid()).collect();
    let rows: Vec<(Uuid, String, Vec<Uuid>)> = sqlx::query_as(
        "SELECT message_id, emoji, array_agg(user_id ORDER BY position, user_id) FROM reactions
         WHERE message_id = ANY($1)
         GROUP BY message_id, emoji ORDER BY message_id, min(position), emoji",
    )
    .bind(&ids)
    .fetch_all(tx)
    .await?;
    let mut of: HashMap<Uuid, Vec<Reaction>> = HashMap::new();
    for (message, emoji, users) in rows {
        of.entry(message).or_default().push(Reaction {
            emoji,
            count: i64::try_from(users.len()).unwrap_or(i64::MAX),
            mine: false,
            user_ids: users.into_iter().map(UserId::from).collect(),
        });
    }
    for message in messages {
        message.reactions = of.remove(&message.id.uuid()).unwrap_or_default();
    }
    Ok(())
}

/// Adds a reaction that is not there. The caller holds the conversation's lock.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut PgConnection,
    message: &Message,
    user: UserId,
    emoji: Emoji,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO reactions (message_id, emoji, user_id, position) VALUES ($1, $2, $3, $4)",
    )
    .bind(message.id.uuid())
    .bind(emoji.as_str())
    .bind(user.uuid())
    .bind(message.position)
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes a reaction back. The caller holds the conversation's lock.
///
/// # Errors
/// When the database fails.
pub async fn delete(
    tx: &mut PgConnection,
    message: MessageId,
    user: UserId,
    emoji: &str,
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM reactions WHERE message_id = $1 AND emoji = $2 AND user_id = $3")
        .bind(message.uuid())
        .bind(emoji)
        .bind(user.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// Takes all reactions to these messages away. The caller holds their conversations' locks.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(tx: &mut PgConnection, messages: &[Message]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = messages.iter().map(|one| one.id.uuid()).collect();
    sqlx::query("DELETE FROM reactions WHERE message_id = ANY($1)")
        .bind(&ids)
        .execute(tx)
        .await?;
    Ok(())
}

/// Takes all reactions of somebody to these messages back. The caller holds their conversations' locks.
///
/// # Errors
/// When the database fails.
pub async fn delete_of(
    tx: &mut PgConnection,
    user: UserId,
    messages: &[Message],
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = messages.iter().map(|one| one.id.uuid()).collect();
    sqlx::query("DELETE FROM reactions WHERE user_id = $1 AND message_id = ANY($2)")
        .bind(user.uuid())
        .bind(&ids)
        .execute(tx)
        .await?;
    Ok(())
}

/// At most `limit` messages that somebody has reacted to, with where they were said.
///
/// # Errors
/// When the database fails.
pub async fn reacted_by(
    tx: &mut PgConnection,
    user: UserId,
    limit: i64,
) -> sqlx::Result<Vec<(MessageId, ConversationId)>> {
    let reacted: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "SELECT message.id, message.conversation_id FROM (
             SELECT DISTINCT message_id FROM reactions WHERE user_id = $1 LIMIT $2) AS reacted
         JOIN messages AS message ON message.id = reacted.message_id",
    )
    .bind(user.uuid())
    .bind(limit)
    .fetch_all(tx)
    .await?;
    Ok(pairs(reacted))
}
