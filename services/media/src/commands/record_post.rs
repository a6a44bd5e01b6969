use sqlx::PgConnection;

use crate::domain::PostState;
use crate::error::Error;
use crate::store::claims;

/// Remembers which media a post claims: they stay as long as one does.
///
/// # Errors
/// When the database fails.
pub async fn record_post(tx: &mut PgConnection, post: &PostState) -> Result<(), Error> {
    if !claims::save_post(tx, post).await? {
        return Ok(());
    }
    let changed = claims::replace(tx, post).await?;
    claims::note(tx, &changed).await?;
    Ok(())
}
