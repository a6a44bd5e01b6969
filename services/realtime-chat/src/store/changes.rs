//! Lasting changes of conversations.

use nova_ids::UserId;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

use crate::domain::{Change, ConversationId, Kind, Stretch};

/// Keeps changes, and how far their conversations are. Of who is gone for good nothing is kept but the position.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, changes: &[Change]) -> sqlx::Result<()> {
    let of = |column: fn(&Change) -> Uuid| changes.iter().map(column).collect::<Vec<_>>();
    let positions: Vec<i64> = changes.iter().map(|change| change.position).collect();
    let kinds: Vec<i16> = changes.iter().map(|change| change.kind.number()).collect();
    let senders: Vec<Option<Uuid>> = changes
        .iter()
        .map(|change| change.sender_id.map(UserId::uuid))
        .collect();
    let removed: Vec<String> = changes.iter().map(literal_of_removed).collect();
    let payloads: Vec<Option<&[u8]>> = changes
        .iter()
        .map(|change| change.payload.as_deref())
        .collect();
    sqlx::query(
        "WITH new AS (
             SELECT new.*, account.user_id IS NOT NULL AS is_gone
             FROM UNNEST($1::uuid[], $2::bigint[], $3::smallint[], $4::uuid[], $5::text[], $6::bytea[])
                  AS new(conversation_id, position, kind, sender_id, removed, payload)
             LEFT JOIN accounts AS account ON account.user_id = new.sender_id AND account.erased
         ), head AS (
             INSERT INTO conversations (id, position)
             SELECT conversation_id, max(position) FROM new GROUP BY conversation_id ORDER BY conversation_id
             ON CONFLICT (id) DO UPDATE SET position = greatest(conversations.position, excluded.position)
         )
         INSERT INTO changes (conversation_id, position, kind, sender_id, removed, payload)
         SELECT conversation_id, position, kind, CASE WHEN is_gone THEN NULL ELSE sender_id END,
                removed::uuid[], CASE WHEN is_gone THEN NULL ELSE payload END
         FROM new
         ON CONFLICT DO NOTHING",
    )
    .bind(of(|change| change.conversation_id))
    .bind(positions)
    .bind(kinds)
    .bind(senders)
    .bind(removed)
    .bind(payloads)
    .execute(tx)
    .await?;
    Ok(())
}

/// An array of arrays would have to be of one length.
fn literal_of_removed(change: &Change) -> String {
    let removed: Vec<String> = change.removed.iter().map(UserId::to_string).collect();
    format!("{{{}}}", removed.join(","))
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

/// These changes, in their order, each with who is in its conversation. One that is not kept is left out.
///
/// # Errors
/// When the database fails.
pub async fn with_members(
    pool: &PgPool,
    places: &[(ConversationId, i64)],
) -> sqlx::Result<Vec<(Change, Vec<UserId>)>> {
    let (ids, positions): (Vec<Uuid>, Vec<i64>) = places.iter().copied().unzip();
    // What is concatenated is a constant.
    let sql = sqlx::AssertSqlSafe(format!(
        "{COLUMNS}, ARRAY(SELECT user_id FROM members
                         WHERE members.conversation_id = change.conversation_id
                           AND left_position IS NULL) AS members
         FROM UNNEST($1::uuid[], $2::bigint[]) WITH ORDINALITY AS place(id, position, number)
         JOIN changes AS change ON change.conversation_id = place.id AND change.position = place.position
         LEFT JOIN accounts AS account ON account.user_id = change.sender_id
         ORDER BY place.number"
    ));
    let rows = sqlx::query(sql).bind(ids).bind(positions);
    let read_all = |row: &PgRow| {
        let members: Vec<Uuid> = row.try_get("members")?;
        Ok((read(row)?, members.into_iter().map(UserId::from).collect()))
    };
    rows.fetch_all(pool).await?.iter().map(read_all).collect()
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
