use sqlx::PgConnection;

use crate::domain::MarkState;
use crate::error::Error;
use crate::store::marks;

/// Remembers how far somebody is.
///
/// # Errors
/// When the database fails.
pub async fn record_mark(tx: &mut PgConnection, mark: MarkState) -> Result<(), Error> {
    Ok(marks::save(tx, mark).await?)
}
