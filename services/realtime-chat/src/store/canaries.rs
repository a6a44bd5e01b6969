//! What each node writes to see whether it finds what is written.

use sqlx::PgPool;
use uuid::Uuid;

/// Writes the node's next number.
///
/// # Errors
/// When the database fails.
pub async fn write(pool: &PgPool, node: Uuid, number: i64) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO canaries (node, number) VALUES ($1, $2)
         ON CONFLICT (node) DO UPDATE SET number = excluded.number, at = now(), xact = excluded.xact",
    )
    .bind(node)
    .bind(number)
    .execute(pool)
    .await?;
    Ok(())
}

/// Lets go of those of nodes that have written nothing for so many seconds.
///
/// # Errors
/// When the database fails.
pub async fn forget(pool: &PgPool, seconds: f64) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM canaries WHERE at < now() - make_interval(secs => $1)")
        .bind(seconds)
        .execute(pool)
        .await?;
    Ok(())
}
