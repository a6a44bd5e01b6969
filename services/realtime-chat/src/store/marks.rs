//! How far members have read and received.

use nova_ids::UserId;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

use crate::domain::{ConversationId, MarkState};

/// Keeps how far somebody is, unless they were further: each of the two for itself.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, mark: MarkState) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO marks (conversation_id, user_id, read_sequence, delivered_sequence)
         SELECT $1, $2, $3, $4
         WHERE NOT EXISTS (SELECT FROM accounts WHERE user_id = $2 AND erased)
         ON CONFLICT (conversation_id, user_id) DO UPDATE
         SET read_sequence = greatest(marks.read_sequence, excluded.read_sequence),
             delivered_sequence = greatest(marks.delivered_sequence, excluded.delivered_sequence),
             xact = excluded.xact
         WHERE marks.read_sequence < excluded.read_sequence
            OR marks.delivered_sequence < excluded.delivered_sequence",
    )
    .bind(mark.conversation_id)
    .bind(mark.user_id.uuid())
    .bind(mark.read)
    .bind(mark.delivered)
    .execute(tx)
    .await?;
    Ok(())
}

/// The marks of others in these conversations.
///
/// # Errors
/// When the database fails.
pub async fn of_others(
    pool: &PgPool,
    user: UserId,
    conversations: &[ConversationId],
) -> sqlx::Result<Vec<MarkState>> {
    let rows = sqlx::query(
        "SELECT mark.conversation_id, mark.user_id, mark.read_sequence, mark.delivered_sequence
         FROM marks AS mark
         LEFT JOIN accounts AS account ON account.user_id = mark.user_id
         WHERE mark.conversation_id = ANY($2) AND mark.user_id <> $1
           AND account.hidden IS NOT TRUE",
    )
    .bind(user.uuid())
    .bind(conversations)
    .fetch_all(pool)
    .await?;
    rows.iter().map(read).collect()
}

/// Reads a row of the four columns.
///
/// # Errors
/// When it has not all of them.
pub fn read(row: &PgRow) -> sqlx::Result<MarkState> {
    Ok(MarkState {
        conversation_id: row.try_get(0)?,
        user_id: row.try_get::<Uuid, _>(1)?.into(),
        read: row.try_get(2)?,
        delivered: row.try_get(3)?,
    })
}
