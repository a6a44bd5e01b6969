//! Lasting changes of conversations.

use nova_ids::UserId;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

use crate::domain::{Change, ConversationId, Kind, Stretch};

/// Keeps a change, and how far its conversation is. Of who is gone for good nothing is kept but the position.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, change: &Change) -> sqlx::Result<()> {
    let removed: Vec<Uuid> = change.removed.iter().map(|user| user.uuid()).collect();
    sqlx::query(
        "WITH gone AS (
             SELECT EXISTS (SELECT FROM accounts WHERE user_id = $4 AND erased) AS is_gone
         ), head AS (
             INSERT INTO conversations (id, position) VALUES ($1, $2)
             ON CONFLICT (id) DO UPDATE SET position = greatest(conversations.position, excluded.position)
         )
         INSERT INTO changes (conversation_id, position, kind, sender_id, removed, payload)
         SELECT $1, $2, $3, CASE WHEN is_gone THEN NULL ELSE $4 END, $5,
                CASE WHEN is_gone THEN NULL ELSE $6 END
         FROM gone
         ON CONFLICT DO NOTHING",
    )
    .bind(change.conversation_id)
    .bind(change.position)
    .bind(change.kind.number())
    .bind(change.sender_id.map(UserId::uuid))
    .bind(removed)
    .bind(&change.payload)
    .execute(tx)
    .await?;
    Ok(())
}

/// What of a change may be shown: nothing of it when its sender is gone.
const COLUMNS: &str =
    "SELECT change.conversation_id, change.position, change.kind, change.sender_id, change.removed,
            CASE WHEN account.hidden THEN NULL ELSE change.payload END AS payload";

/// The changes of these stretches, in their order.
///
/// # Errors
/// When the database fails.
pub async fn of(pool: &PgPool, stretches: &[Stretch]) -> sqlx::Result<Vec<Change>> {
    let ids: Vec<Uuid> = stretches.iter().map(|one| one.id).collect();
    let after: Vec<i64> = stretches.iter().map(|one| one.after).collect();
    let to: Vec<i64> = stretches.iter().map(|one| one.to).collect();
    // What is concatenated is a constant.
    let sql = sqlx::AssertSqlSafe(format!(
        "{COLUMNS}
         FROM UNNEST($1::uuid[], $2::bigint[], $3::bigint[]) WITH ORDINALITY
              AS stretch(id, after, upto, number)
         JOIN changes AS change ON change.conversation_id = stretch.id
              AND change.position > stretch.after AND change.position <= stretch.upto
         LEFT JOIN accounts AS account ON account.user_id = change.sender_id
         ORDER BY stretch.number, change.position"
    ));
    let rows = sqlx::query(sql).bind(ids).bind(after).bind(to);
    rows.fetch_all(pool).await?.iter().map(read).collect()
}

/// One change, and who is in its conversation.
///
/// # Errors
/// When the database fails.
pub async fn one(
    pool: &PgPool,
    id: ConversationId,
    position: i64,
) -> sqlx::Result<Option<(Change, Vec<UserId>)>> {
    // What is concatenated is a constant.
    let sql = sqlx::AssertSqlSafe(format!(
        "{COLUMNS}, ARRAY(SELECT user_id FROM members
                         WHERE conversation_id = $1 AND left_position IS NULL) AS members
         FROM changes AS change LEFT JOIN accounts AS account ON account.user_id = change.sender_id
         WHERE change.conversation_id = $1 AND change.position = $2"
    ));
    let row = sqlx::query(sql).bind(id).bind(position);
    let Some(row) = row.fetch_optional(pool).await? else {
        return Ok(None);
    };
    let members: Vec<Uuid> = row.try_get("members")?;
    let members = members.into_iter().map(UserId::from).collect();
    Ok(Some((read(&row)?, members)))
}

fn read(row: &PgRow) -> sqlx::Result<Change> {
    let removed: Vec<Uuid> = row.try_get("removed")?;
    let sender: Option<Uuid> = row.try_get("sender_id")?;
    let kind = Kind::of_number(row.try_get("kind")?);
    Ok(Change {
        conversation_id: row.try_get("conversation_id")?,
        position: row.try_get("position")?,
        kind: kind.ok_or_else(|| sqlx::Error::Decode("a kind of change that is none".into()))?,
        sender_id: sender.map(UserId::from),
        removed: removed.into_iter().map(UserId::from).collect(),
        payload: row.try_get("payload")?,
    })
}

/// Lets go of changes that are older than `seconds`, at most `batch` of them; how many there were.
///
/// # Errors
/// When the database fails.
pub async fn forget(pool: &PgPool, seconds: f64, batch: i64) -> sqlx::Result<u64> {
    let gone = sqlx::query(
        "DELETE FROM changes WHERE (conversation_id, position) IN (
             SELECT conversation_id, position FROM changes
             WHERE at < now() - make_interval(secs => $1) LIMIT $2)",
    )
    .bind(seconds)
    .bind(batch)
    .execute(pool)
    .await?;
    Ok(gone.rows_affected())
}
