use nova_ids::UserId;
use sqlx::PgConnection;

use crate::error::Error;
use crate::store;

/// Lets nobody go on who has left, with an access token from before.
pub(super) async fn must_be_there(tx: &mut PgConnection, caller: UserId) -> Result<(), Error> {
    if store::users::exists(tx, caller).await? {
        Ok(())
    } else {
        Err(Error::UnknownCaller)
    }
}
