//! Who is in which conversation.

use nova_ids::UserId;
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

use crate::domain::{ConversationId, Seen};

/// Keeps who is in a conversation as of a change of it, unless a later one is known already: each with the position with
/// which they came.
///
/// # Errors
/// When the database fails.
pub async fn save(
    tx: &mut PgConnection,
    id: ConversationId,
    position: i64,
    members: &[(UserId, i64)],
) -> sqlx::Result<()> {
    let users: Vec<Uuid> = members.iter().map(|(user, _)| user.uuid()).collect();
    let joined: Vec<i64> = members.iter().map(|(_, joined)| *joined).collect();
    sqlx::query(
        "INSERT INTO members (conversation_id, user_id, joined_position, position)
         SELECT $1, member.user_id, member.joined, $2
         FROM UNNEST($3::uuid[], $4::bigint[]) AS member(user_id, joined)
         WHERE NOT EXISTS (SELECT FROM accounts
                           WHERE accounts.user_id = member.user_id AND erased)
         ORDER BY member.user_id
         ON CONFLICT (conversation_id, user_id) DO UPDATE
         SET joined_position = excluded.joined_position, left_position = NULL,
             position = excluded.position
         WHERE members.position < excluded.position",
    )
    .bind(id)
    .bind(position)
    .bind(&users)
    .bind(joined)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE members SET left_position = $2, position = $2
         WHERE conversation_id = $1 AND left_position IS NULL AND position < $2
           AND user_id <> ALL($3)",
    )
    .bind(id)
    .bind(position)
    .bind(users)
    .execute(tx)
    .await?;
    Ok(())
}

/// The conversations that the user is in or was in, and how far each is.
///
/// # Errors
/// When the database fails.
pub async fn seen_by(pool: &PgPool, user: UserId) -> sqlx::Result<Vec<Seen>> {
    let rows = sqlx::query(
        "SELECT member.conversation_id, member.joined_position, member.left_position,
                conversation.position, first.position
         FROM members AS member
         JOIN conversations AS conversation ON conversation.id = member.conversation_id
         LEFT JOIN LATERAL (
             SELECT change.position FROM changes AS change
             WHERE change.conversation_id = member.conversation_id
             ORDER BY change.position LIMIT 1) AS first ON true
         WHERE member.user_id = $1
         ORDER BY member.conversation_id",
    )
    .bind(user.uuid())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Seen {
                id: row.try_get(0)?,
                joined: row.try_get(1)?,
                left: row.try_get(2)?,
                head: row.try_get(3)?,
                first: row.try_get(4)?,
            })
        })
        .collect()
}

/// The conversations that the user is in, and how far each is.
///
/// # Errors
/// When the database fails.
pub async fn heads_of(pool: &PgPool, user: UserId) -> sqlx::Result<Vec<(ConversationId, i64)>> {
    sqlx::query_as(
        "SELECT member.conversation_id, conversation.position
         FROM members AS member
         JOIN conversations AS conversation ON conversation.id = member.conversation_id
         WHERE member.user_id = $1 AND member.left_position IS NULL",
    )
    .bind(user.uuid())
    .fetch_all(pool)
    .await
}

/// Who is in the conversation.
///
/// # Errors
/// When the database fails.
pub async fn of(pool: &PgPool, id: ConversationId) -> sqlx::Result<Vec<UserId>> {
    let users: Vec<Uuid> = sqlx::query_scalar(
        "SELECT user_id FROM members WHERE conversation_id = $1 AND left_position IS NULL",
    )
    .bind(id)
    .fetch_all(pool)
    .await?;
    Ok(users.into_iter().map(UserId::from).collect())
}

/// Those of the users who are in one of the conversations: conversation, user, and the position with which they came.
///
/// # Errors
/// When the database fails.
pub async fn among(
    pool: &PgPool,
    conversations: &[ConversationId],
    users: &[Uuid],
) -> sqlx::Result<Vec<(ConversationId, Uuid, i64)>> {
    sqlx::query_as(
        "SELECT conversation_id, user_id, joined_position FROM members
         WHERE conversation_id = ANY($1) AND user_id = ANY($2) AND left_position IS NULL",
    )
    .bind(conversations)
    .bind(users)
    .fetch_all(pool)
    .await
}

/// Those of the users who share a conversation with this one, and are neither gone nor blocked by the other.
///
/// # Errors
/// When the database fails.
pub async fn who_share(
    pool: &PgPool,
    user: UserId,
    others: &[UserId],
) -> sqlx::Result<Vec<UserId>> {
    let others: Vec<Uuid> = others.iter().map(|other| other.uuid()).collect();
    let who: Vec<Uuid> = sqlx::query_scalar(
        "SELECT other.id FROM UNNEST($2::uuid[]) AS other(id)
         WHERE EXISTS (SELECT FROM members AS mine
                       JOIN members AS theirs USING (conversation_id)
                       WHERE mine.user_id = $1 AND mine.left_position IS NULL
                         AND theirs.user_id = other.id AND theirs.left_position IS NULL)
           AND NOT EXISTS (SELECT FROM accounts WHERE user_id = other.id AND hidden)
           AND NOT EXISTS (SELECT FROM blocks WHERE active
                             AND ((user_id = $1 AND other_id = other.id)
                               OR (user_id = other.id AND other_id = $1)))",
    )
    .bind(user.uuid())
    .bind(others)
    .fetch_all(pool)
    .await?;
    Ok(who.into_iter().map(UserId::from).collect())
}
