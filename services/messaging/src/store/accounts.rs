//! Users, as far as user-events told of them.

use nova_ids::UserId;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::AccountState;

/// Keeps that there is such a user.
///
/// # Errors
/// When the database fails.
pub async fn greet(tx: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO accounts (user_id) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(user.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

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

/// Whether the user has left, perhaps for good.
///
/// # Errors
/// When the database fails.
pub async fn is_hidden(pool: &PgPool, user: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM accounts WHERE user_id = $1 AND hidden)")
        .bind(user.uuid())
        .fetch_one(pool)
        .await
}

/// Whether all of these have been heard of, be they there or not.
///
/// # Errors
/// When the database fails.
pub async fn are_known(pool: &PgPool, users: &[UserId]) -> sqlx::Result<bool> {
    let users: Vec<Uuid> = users.iter().map(|user| user.uuid()).collect();
    let known: i64 = sqlx::query_scalar("SELECT count(*) FROM accounts WHERE user_id = ANY($1)")
        .bind(&users)
        .fetch_one(pool)
        .await?;
    Ok(usize::try_from(known) == Ok(users.len()))
}

/// How somebody stands to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Company {
    /// Who asks has left.
    pub is_gone: bool,
    /// All others are there.
    pub are_there: bool,
    /// Of somebody among them and who asks one has blocked the other.
    pub is_blocked: bool,
}

/// How somebody stands to these others, of whom no two are alike.
///
/// # Errors
/// When the database fails.
pub async fn company(
    tx: &mut PgConnection,
    user: UserId,
    others: &[UserId],
) -> sqlx::Result<Company> {
    let others: Vec<Uuid> = others.iter().map(|other| other.uuid()).collect();
    let (is_gone, are_there, is_blocked) = sqlx::query_as(
        "SELECT EXISTS (SELECT FROM accounts WHERE user_id = $1 AND hidden),
                (SELECT count(*) FROM accounts WHERE user_id = ANY($2) AND NOT hidden)
                    = cardinality($2),
                EXISTS (SELECT FROM blocks WHERE user_id = $1 AND other_id = ANY($2)
                        AND (blocks OR is_blocked))",
    )
    .bind(user.uuid())
    .bind(&others)
    .fetch_one(tx)
    .await?;
    Ok(Company {
        is_gone,
        are_there,
        is_blocked,
    })
}
