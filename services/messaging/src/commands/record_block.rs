use sqlx::PgConnection;

use crate::domain::Block;
use crate::error::Error;
use crate::store;

/// Remembers that somebody has blocked somebody, or has no longer: that hides what each says from the other.
///
/// # Errors
/// When the database fails.
pub async fn record_block(tx: &mut PgConnection, block: Block) -> Result<(), Error> {
    Ok(store::blocks::save(tx, block).await?)
}
