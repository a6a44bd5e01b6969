//! Tickets that were used, on whichever node.

use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

/// Forgets that a ticket was used: its stream never began.
///
/// # Errors
/// When the database fails.
pub async fn release(pool: &PgPool, ticket: Uuid) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM used_tickets WHERE id = $1")
        .bind(ticket)
        .execute(pool)
        .await?;
    Ok(())
}

/// Notes that a ticket is used, which is over at `ends_at`; false if it was before. Each time a few that are long over are
/// forgotten.
///
/// # Errors
/// When the database fails.
pub async fn claim(pool: &PgPool, ticket: Uuid, ends_at: OffsetDateTime) -> sqlx::Result<bool> {
    // Clocks of nodes differ: a minute later no node takes it for good any more.
    let claimed = sqlx::query(
        "WITH gone AS (
             DELETE FROM used_tickets WHERE id IN (
                 SELECT id FROM used_tickets WHERE ends_at < now() - interval '1 minute'
                 ORDER BY ends_at LIMIT 10 FOR UPDATE SKIP LOCKED
             )
         )
         INSERT INTO used_tickets (id, ends_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    )
    .bind(ticket)
    .bind(ends_at)
    .execute(pool)
    .await?;
    Ok(claimed.rows_affected() == 1)
}
