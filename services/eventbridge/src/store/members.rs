//! Who is in which conversation.

use nova_ids::{ConversationId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::Members;

/// Who is in a conversation as of a change of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub conversation_id: ConversationId,
    /// Of the change.
    pub position: i64,
    /// All who are in it, each with the position with which they came.
    pub members: Vec<(UserId, i64)>,
}

/// Notes it, unless a later one is known already.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, change: &Change) -> sqlx::Result<()> {
    let members = change.members.iter();
    let (users, joined): (Vec<Uuid>, Vec<i64>) =
        members.map(|(user, joined)| (user.uuid(), *joined)).unzip();
    sqlx::query(
        "INSERT INTO members (conversation_id, user_id, joined_position, position)
         SELECT $1, user_id, max(joined), $2
         FROM UNNEST($3::uuid[], $4::bigint[]) AS member(user_id, joined)
         GROUP BY user_id ORDER BY user_id
         ON CONFLICT (conversation_id, user_id) DO UPDATE
         SET joined_position = excluded.joined_position, left_position = NULL,
             position = excluded.position
         WHERE members.position < excluded.position",
    )
    .bind(change.conversation_id.uuid())
    .bind(change.position)
    .bind(&users)
    .bind(joined)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE members SET left_position = $2, position = $2
         WHERE conversation_id = $1 AND left_position IS NULL AND position < $2
           AND user_id <> ALL($3)",
    )
    .bind(change.conversation_id.uuid())
    .bind(change.position)
    .bind(users)
    .execute(tx)
    .await?;
    Ok(())
}

/// Of each the users who are meant, by its place among them: at its position who was there then.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut PgConnection, asked: &[Members]) -> sqlx::Result<Vec<Vec<UserId>>> {
    let mut all = vec![Vec::new(); asked.len()];
    if asked.is_empty() {
        return Ok(all);
    }
    let conversations = asked.iter().map(|one| one.conversation_id.uuid());
    let conversations: Vec<Uuid> = conversations.collect();
    let positions: Vec<Option<i64>> = asked.iter().map(|one| one.position).collect();
    let found: Vec<(i64, Uuid)> = sqlx::query_as(
        "SELECT asked.place, members.user_id
         FROM UNNEST($1::uuid[], $2::bigint[]) WITH ORDINALITY
              AS asked(conversation_id, position, place)
         JOIN members ON members.conversation_id = asked.conversation_id
         WHERE CASE WHEN asked.position IS NULL THEN left_position IS NULL
               ELSE joined_position <= asked.position
                    AND (left_position IS NULL OR left_position > asked.position) END
         ORDER BY asked.place, members.user_id",
    )
    .bind(conversations)
    .bind(positions)
    .fetch_all(tx)
    .await?;
    for (place, user) in found {
        let place = usize::try_from(place - 1).unwrap_or(usize::MAX);
        if let Some(users) = all.get_mut(place) {
            users.push(user.into());
        }
    }
    Ok(all)
}
