//! Authors, as far as user-events told: their names, and whether they are there.

use sqlx::PgConnection;

use crate::domain::{AccountState, Author};

/// Keeps an author's names, unless later ones are known already.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, author: &Author, revision: i64) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO authors (id, username, display_name, avatar_url, revision)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE
         SET username = excluded.username, display_name = excluded.display_name,
             avatar_url = excluded.avatar_url, revision = excluded.revision
         WHERE authors.revision < excluded.revision AND NOT authors.erased",
    )
    .bind(author.id.uuid())
    .bind(&author.username)
    .bind(&author.display_name)
    .bind(&author.avatar_url)
    .bind(revision)
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps whether an author is there, unless a later state is known already. Who is gone for good has no names from then
/// on. True when it was news.
///
/// # Errors
/// When the database fails.
pub async fn save_state(tx: &mut PgConnection, state: AccountState) -> sqlx::Result<bool> {
    let saved = sqlx::query(
        "INSERT INTO authors (id, username, display_name, revision, hidden, erased, state_revision)
         VALUES ($1, '', '', 0, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE
         SET hidden = excluded.hidden, erased = excluded.erased,
             state_revision = excluded.state_revision,
             username = CASE WHEN excluded.erased THEN '' ELSE authors.username END,
             display_name = CASE WHEN excluded.erased THEN '' ELSE authors.display_name END,
             avatar_url = CASE WHEN excluded.erased THEN NULL ELSE authors.avatar_url END
         WHERE authors.state_revision < excluded.state_revision AND NOT authors.erased",
    )
    .bind(state.user_id.uuid())
    .bind(state.hidden)
    .bind(state.erased)
    .bind(state.revision)
    .execute(tx)
    .await?;
    Ok(saved.rows_affected() > 0)
}
