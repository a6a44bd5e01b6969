//! Which generation of cached timelines is valid.

use sqlx::PgPool;

async fn current(pool: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT epoch FROM timeline_epoch")
        .fetch_one(pool)
        .await
}

/// Takes note of the run ids of the Redis servers that are being talked to. Others than before may
/// have come up with an old snapshot: all timelines are invalid then.
///
/// # Errors
/// When the database fails.
pub async fn met_server(pool: &PgPool, server: &str) -> sqlx::Result<i64> {
    let raised: Option<i64> = sqlx::query_scalar(
        "UPDATE timeline_epoch SET epoch = epoch + 1, server = $1 WHERE server <> $1
         RETURNING epoch",
    )
    .bind(server)
    .fetch_optional(pool)
    .await?;
    match raised {
        Some(epoch) => Ok(epoch),
        None => current(pool).await,
    }
}
