//! Conversations, whole, as commands have them. What somebody is shown of one is read in `shown`.

use nova_ids::{ConversationId, UserId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{members, named};
use crate::domain::{Conversation, ConversationType};

/// How somebody stands to a conversation that they are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// That of the newest message.
    pub sequence: i64,
    /// It is a `DIRECT`, and one of the two has blocked the other.
    pub is_blocked: bool,
}

/// Whether somebody has left for good or for a while, and how they stand to a conversation, if they are in it.
///
/// # Errors
/// When the database fails.
pub async fn standing(
    tx: &mut PgConnection,
    user: UserId,
    id: ConversationId,
) -> sqlx::Result<(bool, Option<Standing>)> {
    let row = sqlx::query(
        "SELECT COALESCE((SELECT hidden FROM accounts WHERE user_id = $1), false) AS is_gone,
                found.sequence, found.is_blocked
         FROM (SELECT) AS one LEFT JOIN (
             SELECT conversation.sequence,
                    conversation.type = 'DIRECT' AND EXISTS (
                        SELECT FROM pairs AS pair JOIN blocks ON blocks.user_id = $1
                            AND blocks.other_id IN (pair.user_id, pair.other_id)
                        WHERE pair.conversation_id = $2 AND (blocks OR is_blocked)) AS is_blocked
             FROM conversations AS conversation
             JOIN members AS me ON me.conversation_id = conversation.id AND me.user_id = $1
             WHERE conversation.id = $2) AS found ON true",
    )
    .bind(user.uuid())
    .bind(id.uuid())
    .fetch_one(tx)
    .await?;
    let sequence: Option<i64> = row.try_get("sequence")?;
    let standing = match sequence {
        Some(sequence) => Some(Standing {
            sequence,
            is_blocked: row.try_get("is_blocked")?,
        }),
        None => None,
    };
    Ok((row.try_get("is_gone")?, standing))
}

/// The conversation with its members, locked: nobody else changes it before the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut PgConnection, id: ConversationId) -> sqlx::Result<Option<Conversation>> {
    let locked: Option<Conversation> = sqlx::query_as(
        "SELECT id, type, title, sequence, position, updated_at FROM conversations
         WHERE id = $1 FOR UPDATE",
    )
    .bind(id.uuid())
    .fetch_optional(&mut *tx)
    .await?;
    let Some(mut conversation) = locked else {
        return Ok(None);
    };
    // After the lock: whoever had it may have changed them.
    conversation.members = members::of(tx, id).await?;
    Ok(Some(conversation))
}

/// These conversations without their members, locked, in the order of their ids: so that two who lock several wait for each
/// other and for nothing else.
///
/// # Errors
/// When the database fails.
pub async fn lock_all(
    tx: &mut PgConnection,
    ids: &[ConversationId],
) -> sqlx::Result<Vec<Conversation>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    sqlx::query_as(
        "SELECT id, type, title, sequence, position, updated_at FROM conversations
         WHERE id = ANY($1) ORDER BY id FOR UPDATE",
    )
    .bind(&ids)
    .fetch_all(tx)
    .await
}

/// Adds a conversation that begins, with its members.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut PgConnection, conversation: &Conversation) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO conversations (id, type, title, sequence, position, updated_at, active_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(conversation.id.uuid())
    .bind(conversation.kind.as_str())
    .bind(&conversation.title)
    .bind(conversation.sequence)
    .bind(conversation.position)
    .bind(conversation.updated_at)
    .execute(&mut *tx)
    .await?;
    let all: Vec<_> = conversation.members.iter().collect();
    members::insert(tx, conversation.id, &all).await
}

/// Saves what a change can have changed but for members. `active_at` is when a message came, if one did. The caller holds
/// the row's lock.
///
/// # Errors
/// When the database fails.
pub async fn save(
    tx: &mut PgConnection,
    conversation: &Conversation,
    active_at: Option<OffsetDateTime>,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE conversations SET title = $2, sequence = $3, position = $4, updated_at = $5,
                active_at = GREATEST(active_at, $6)
         WHERE id = $1",
    )
    .bind(conversation.id.uuid())
    .bind(&conversation.title)
    .bind(conversation.sequence)
    .bind(conversation.position)
    .bind(conversation.updated_at)
    .bind(active_at)
    .execute(tx)
    .await?;
    Ok(())
}

/// Saves the positions of several. The caller holds the rows' locks.
///
/// # Errors
/// When the database fails.
pub async fn save_positions(
    tx: &mut PgConnection,
    conversations: &[Conversation],
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = conversations.iter().map(|one| one.id.uuid()).collect();
    let positions: Vec<i64> = conversations.iter().map(|one| one.position).collect();
    sqlx::query(
        "UPDATE conversations SET position = moved.position
         FROM UNNEST($1::uuid[], $2::bigint[]) AS moved(id, position)
         WHERE conversations.id = moved.id",
    )
    .bind(&ids)
    .bind(&positions)
    .execute(tx)
    .await?;
    Ok(())
}

impl FromRow<'_, PgRow> for Conversation {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let id = ConversationId::from(row.try_get::<Uuid, _>("id")?);
        let kind: ConversationType = named(row, "type")?;
        Ok(Self {
            id,
            kind,
            title: row.try_get("title")?,
            members: Vec::new(),
            last_message: None,
            sequence: row.try_get("sequence")?,
            position: row.try_get("position")?,
            read_sequence: 0,
            unread_count: 0,
            muted_until: None,
            created_at: id.made_at(),
            updated_at: row.try_get("updated_at")?,
        })
    }
}
