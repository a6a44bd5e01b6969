use sqlx::PgConnection;

use crate::domain::Block;
use crate::error::Error;
use crate::store::blocks;

/// Remembers that somebody does not want to see somebody, or no longer does not.
///
/// # Errors
/// When the database fails.
pub async fn record_block(tx: &mut PgConnection, block: Block) -> Result<(), Error> {
    Ok(blocks::save(tx, block).await?)
}
