//! Accounts that are or were gone.

use nova_ids::UserId;
use sqlx::{PgConnection, PgPool};

use crate::domain::AccountState;

/// Keeps whether an account is there, unless a later state is known already. True when it was news.
///
/// # Errors
/// When the database fails.
pub async fn save_state(tx: &mut PgConnection, state: AccountState) -> sqlx::Result<bool> {
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

/// Whether the account is gone, for now or for good.
///
/// # Errors
/// When the database fails.
pub async fn is_gone(pool: &PgPool, user: UserId) -> sqlx::Result<bool> {
    let gone = sqlx::query_scalar("SELECT hidden OR erased FROM accounts WHERE user_id = $1");
    let gone: Option<bool> = gone.bind(user.uuid()).fetch_optional(pool).await?;
    Ok(gone.unwrap_or_default())
}
