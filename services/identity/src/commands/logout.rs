use sqlx::PgConnection;

use crate::domain::RefreshToken;
use crate::error::Error;
use crate::store;

/// Ends the session of a refresh token. A token that is unknown has no session, so there is nothing to
/// end, and nothing to tell.
///
/// # Errors
/// When the database fails.
pub async fn logout(tx: &mut PgConnection, token: &RefreshToken) -> Result<(), Error> {
    Ok(store::sessions::delete_by_token(tx, token).await?)
}
