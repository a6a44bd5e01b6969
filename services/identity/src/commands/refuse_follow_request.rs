use sqlx::PgConnection;

use super::must_be_there::must_be_there;
use crate::domain::Pair;
use crate::error::Error;
use crate::store;

/// Does not let the one of the pair, who asked to, follow the other. They are not told, and may ask again.
///
/// # Errors
/// When they do not ask, or no longer, and when the database fails.
pub async fn refuse_follow_request(tx: &mut PgConnection, pair: Pair) -> Result<(), Error> {
    store::pairs::lock(tx, pair).await?;
    must_be_there(tx, pair.other()).await?;
    if store::follow_requests::delete(tx, pair).await? {
        Ok(())
    } else {
        Err(Error::NoSuchRequest)
    }
}
