//! Authors, as far as user-events told.

use sqlx::PgConnection;

use crate::domain::Author;

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
         WHERE authors.revision < excluded.revision",
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
