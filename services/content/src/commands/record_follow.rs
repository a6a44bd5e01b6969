use sqlx::PgConnection;

use crate::domain::Follow;
use crate::error::Error;
use crate::store;

/// Remembers that somebody follows somebody, or no longer does: that decides who sees what is for
/// followers only.
///
/// # Errors
/// When the database fails.
pub async fn record_follow(tx: &mut PgConnection, follow: Follow) -> Result<(), Error> {
    Ok(store::follows::save(tx, follow).await?)
}
