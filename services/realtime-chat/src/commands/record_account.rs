use nova_service::erasure;
use sqlx::PgConnection;

use crate::domain::AccountState;
use crate::error::Error;
use crate::store;

/// Remembers that an account is gone, or back: then nobody sees what is theirs, or everybody as before. What is kept of
/// who is gone for good is erased from now on.
///
/// # Errors
/// When the database fails.
pub async fn record_account(tx: &mut PgConnection, state: AccountState) -> Result<(), Error> {
    if store::accounts::save_state(tx, state).await? && state.erased {
        erasure::begin(tx, state.user_id).await?;
    }
    Ok(())
}
