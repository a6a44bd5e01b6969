//! Which accounts are gone, as far as user-events told it.

use nova_ids::UserId;
use sqlx::PgConnection;

use crate::domain::AccountState;

/// Keeps whether an account is there, unless a later state is known already. True when it was news.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, state: AccountState) -> sqlx::Result<bool> {
    let saved = sqlx::query(
        "INSERT INTO accounts (user_id, hidden, erased, revision) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id) DO UPDATE
         SET hidden = excluded.hidden, erased = excluded.erased, revision = excluded.revision
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

/// Whether an account is gone for good.
///
/// # Errors
/// When the database fails.
pub async fn is_erased(tx: &mut PgConnection, user: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM accounts WHERE user_id = $1 AND erased)")
        .bind(user.uuid())
        .fetch_one(tx)
        .await
}
