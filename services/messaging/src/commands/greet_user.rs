use nova_ids::UserId;
use sqlx::PgConnection;

use crate::error::Error;
use crate::store;

/// Remembers that there is such a user: one may talk to them.
///
/// # Errors
/// When the database fails.
pub async fn greet_user(tx: &mut PgConnection, user: UserId) -> Result<(), Error> {
    Ok(store::accounts::greet(tx, user).await?)
}
