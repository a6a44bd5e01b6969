//! Greetings.

use nova_ids::UserId;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgPool, Row};
use uuid::Uuid;

use crate::domain::Greeting;

/// How a user who is gone for good is erased.
pub const ERASURE: &[&str] = &["DELETE FROM greetings WHERE id IN (
         SELECT id FROM greetings WHERE user_id = $1 LIMIT $2)"];

/// Adds a greeting.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut PgConnection, greeting: &Greeting) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO greetings (id, user_id, text) VALUES ($1, $2, $3)")
        .bind(greeting.id)
        .bind(greeting.user_id.uuid())
        .bind(&greeting.text)
        .execute(tx)
        .await?;
    Ok(())
}

/// At most `limit` greetings of a user, newest first.
///
/// # Errors
/// When the database fails.
pub async fn latest(pool: &PgPool, user_id: UserId, limit: i64) -> sqlx::Result<Vec<Greeting>> {
    sqlx::query_as(
        "SELECT id, user_id, text FROM greetings WHERE user_id = $1 ORDER BY id DESC LIMIT $2",
    )
    .bind(user_id.uuid())
    .bind(limit)
    .fetch_all(pool)
    .await
}

impl FromRow<'_, PgRow> for Greeting {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            user_id: UserId::from(row.try_get::<Uuid, _>("user_id")?),
            text: row.try_get("text")?,
        })
    }
}
