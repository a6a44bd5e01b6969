use sqlx::PgConnection;

use crate::domain::MessageState;
use crate::error::Error;
use crate::store::claims;

/// Remembers which media a message claims: they stay as long as one does.
///
/// # Errors
/// When the database fails.
pub async fn record_message(tx: &mut PgConnection, message: &MessageState) -> Result<(), Error> {
    if !claims::save_message(tx, message).await? {
        return Ok(());
    }
    let changed = claims::replace_of_message(tx, message).await?;
    claims::note(tx, &changed).await?;
    Ok(())
}
