use sqlx::PgConnection;

use crate::domain::Author;
use crate::error::Error;
use crate::store;

/// Remembers an author's names.
///
/// # Errors
/// When the database fails.
pub async fn record_author(
    tx: &mut PgConnection,
    author: &Author,
    revision: i64,
) -> Result<(), Error> {
    Ok(store::authors::save(tx, author, revision).await?)
}
