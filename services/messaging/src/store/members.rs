//! Who is in a conversation.

use nova_ids::{ConversationId, UserId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use super::named;
use crate::domain::{Change, Conversation, Member};

/// The members, in the order in which they came.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut PgConnection, id: ConversationId) -> sqlx::Result<Vec<Member>> {
    sqlx::query_as(
        "SELECT user_id, role, joined_at, joined_position, joined_sequence, read_sequence,
                delivered_sequence
         FROM members WHERE conversation_id = $1 ORDER BY joined_position, user_id",
    )
    .bind(id.uuid())
    .fetch_all(tx)
    .await
}

/// Adds members.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut PgConnection,
    id: ConversationId,
    new: &[&Member],
) -> sqlx::Result<()> {
    let users: Vec<Uuid> = new.iter().map(|member| member.user_id.uuid()).collect();
    let roles: Vec<&str> = new.iter().map(|member| member.role.as_str()).collect();
    let since: Vec<OffsetDateTime> = new.iter().map(|member| member.joined_at).collect();
    let positions: Vec<i64> = new.iter().map(|member| member.joined_position).collect();
    let sequences: Vec<i64> = new.iter().map(|member| member.joined_sequence).collect();
    // What was said before they came is nothing that they have still to read, and nothing to tell.
    sqlx::query(
        "INSERT INTO members (conversation_id, user_id, role, joined_at, joined_position, joined_sequence,
                              read_sequence, delivered_sequence, read_told, delivered_told)
         SELECT $1, user_id, role, joined_at, position, sequence, sequence, sequence, sequence, sequence
         FROM UNNEST($2::uuid[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[])
              AS new(user_id, role, joined_at, position, sequence)",
    )
    .bind(id.uuid())
    .bind(&users)
    .bind(&roles)
    .bind(&since)
    .bind(&positions)
    .bind(&sequences)
    .execute(tx)
    .await?;
    Ok(())
}

/// Saves what a change did to the members. The caller holds the conversation's lock.
///
/// # Errors
/// When the database fails.
pub async fn save(
    tx: &mut PgConnection,
    conversation: &Conversation,
    change: &Change,
) -> sqlx::Result<()> {
    let id = conversation.id;
    if !change.removed.is_empty() {
        let removed: Vec<Uuid> = change.removed.iter().map(|user| user.uuid()).collect();
        sqlx::query("DELETE FROM members WHERE conversation_id = $1 AND user_id = ANY($2)")
            .bind(id.uuid())
            .bind(&removed)
            .execute(&mut *tx)
            .await?;
    }
    let those = |users: &[UserId]| -> Vec<&Member> {
        let members = conversation.members.iter();
        members
            .filter(|member| users.contains(&member.user_id))
            .collect()
    };
    if !change.added.is_empty() {
        insert(tx, id, &those(&change.added)).await?;
    }
    if !change.roles.is_empty() {
        let changed = those(&change.roles);
        let users: Vec<Uuid> = changed.iter().map(|one| one.user_id.uuid()).collect();
        let roles: Vec<&str> = changed.iter().map(|one| one.role.as_str()).collect();
        sqlx::query(
            "UPDATE members SET role = given.role
             FROM UNNEST($2::uuid[], $3::text[]) AS given(user_id, role)
             WHERE members.conversation_id = $1 AND members.user_id = given.user_id",
        )
        .bind(id.uuid())
        .bind(&users)
        .bind(&roles)
        .execute(tx)
        .await?;
    }
    Ok(())
}

/// Notes until when a member wants not to be disturbed, or that they want to be again. Whether there is such a member.
///
/// # Errors
/// When the database fails.
pub async fn mute(
    tx: &mut PgConnection,
    id: ConversationId,
    user: UserId,
    until: Option<OffsetDateTime>,
) -> sqlx::Result<bool> {
    let muted = sqlx::query(
        "UPDATE members SET muted_until = $3 WHERE conversation_id = $1 AND user_id = $2",
    )
    .bind(id.uuid())
    .bind(user.uuid())
    .bind(until)
    .execute(tx)
    .await?;
    Ok(muted.rows_affected() > 0)
}

impl FromRow<'_, PgRow> for Member {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            user_id: row.try_get::<Uuid, _>("user_id")?.into(),
            role: named(row, "role")?,
            joined_at: row.try_get("joined_at")?,
            read_sequence: row.try_get("read_sequence")?,
            delivered_sequence: row.try_get("delivered_sequence")?,
            joined_position: row.try_get("joined_position")?,
            joined_sequence: row.try_get("joined_sequence")?,
        })
    }
}
