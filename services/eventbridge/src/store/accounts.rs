//! Accounts that are or were gone.

use std::collections::HashSet;

use nova_ids::UserId;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::AccountState;

/// Keeps whether an account is there, unless a later state is known already. True when it was news.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, state: AccountState) -> sqlx::Result<bool> {
    let saved = sqlx::query(
        "INSERT INTO accounts (user_id, hidden, erased, revision) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id) DO UPDATE
         SET hidden = excluded.hidden, erased = excluded.erased, revision = excluded.revision,
             xact = excluded.xact
         WHERE accounts.revision < excluded.revision AND NOT accounts.erased",
    )
    .bind(state.user_id.uuid())
    .bind(state.hidden)
    .bind(state.erased)
    .bind(state.revision)
    .execute(tx)
    .await?;
    Ok(saved.rows_affected() > 0)
}

/// Those of these users who are gone, for now or for good.
///
/// # Errors
/// When the database fails.
pub async fn gone(tx: &mut PgConnection, users: &[UserId]) -> sqlx::Result<HashSet<UserId>> {
    if users.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<Uuid> = users.iter().map(|user| user.uuid()).collect();
    let gone: Vec<Uuid> =
        sqlx::query_scalar("SELECT user_id FROM accounts WHERE hidden AND user_id = ANY($1)")
            .bind(ids)
            .fetch_all(tx)
            .await?;
    Ok(gone.into_iter().map(UserId::from).collect())
}

/// Those whose account or whose blocks transactions from `since` on have changed.
///
/// # Errors
/// When the database fails.
pub async fn changed(pool: &PgPool, since: i64) -> sqlx::Result<Vec<UserId>> {
    let changed: Vec<Uuid> = sqlx::query_scalar(
        "SELECT user_id FROM accounts WHERE xact >= $1::text::xid8
         UNION SELECT user_id FROM blocks WHERE xact >= $1::text::xid8
         UNION SELECT other_id FROM blocks WHERE xact >= $1::text::xid8",
    )
    .bind(since.to_string())
    .fetch_all(pool)
    .await?;
    Ok(changed.into_iter().map(UserId::from).collect())
}

/// The least transaction under way: what is not seen now is of this one, or of a later one.
///
/// # Errors
/// When the database fails.
pub async fn horizon(pool: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        .fetch_one(pool)
        .await
}
