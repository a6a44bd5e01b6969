//! How far members have come, and how far that has been told.

use nova_ids::{ConversationId, UserId};
use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::Marks;

/// Moves a member's marks on, never back, and notes that it is to be told: at once, and a second after it was told last.
/// Whether they moved.
///
/// # Errors
/// When the database fails.
pub async fn advance(
    tx: &mut PgConnection,
    id: ConversationId,
    user: UserId,
    marks: Marks,
) -> sqlx::Result<bool> {
    let moved = sqlx::query(
        "UPDATE members
         SET read_sequence = GREATEST(read_sequence, $3),
             delivered_sequence = GREATEST(delivered_sequence, $4),
             due = COALESCE(due, GREATEST(clock_timestamp(), told_at + interval '1 second'))
         WHERE conversation_id = $1 AND user_id = $2
           AND (read_sequence < $3 OR delivered_sequence < $4)",
    )
    .bind(id.uuid())
    .bind(user.uuid())
    .bind(marks.read)
    .bind(marks.delivered)
    .execute(tx)
    .await?;
    Ok(moved.rows_affected() > 0)
}

/// How far a member has come that is told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Where.
    pub conversation_id: ConversationId,
    /// Who.
    pub user_id: UserId,
    /// How far.
    pub marks: Marks,
    /// They have read more since it was told last.
    pub has_read: bool,
    /// More has reached them since it was told last.
    pub has_received: bool,
    /// Now.
    pub at: OffsetDateTime,
}

/// Takes at most `limit` of those that are due and that nobody else has taken: they count as told when the transaction
/// commits.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<Told>> {
    let rows = sqlx::query(
        "UPDATE members AS member
         SET read_told = member.read_sequence, delivered_told = member.delivered_sequence,
             told_at = clock_timestamp(), due = NULL
         FROM (SELECT conversation_id, user_id, read_told, delivered_told FROM members
               WHERE due <= clock_timestamp() ORDER BY due LIMIT $1 FOR UPDATE SKIP LOCKED) AS before
         WHERE member.conversation_id = before.conversation_id AND member.user_id = before.user_id
         RETURNING member.conversation_id, member.user_id, member.read_sequence,
                   member.delivered_sequence, member.told_at,
                   member.read_sequence > before.read_told AS has_read,
                   member.delivered_sequence > before.delivered_told AS has_received",
    )
    .bind(limit)
    .fetch_all(tx)
    .await?;
    let told = rows.iter().map(|row| {
        Ok(Told {
            conversation_id: row.try_get::<Uuid, _>("conversation_id")?.into(),
            user_id: row.try_get::<Uuid, _>("user_id")?.into(),
            marks: Marks {
                read: row.try_get("read_sequence")?,
                delivered: row.try_get("delivered_sequence")?,
            },
            has_read: row.try_get("has_read")?,
            has_received: row.try_get("has_received")?,
            at: row.try_get("told_at")?,
        })
    });
    told.collect()
}
