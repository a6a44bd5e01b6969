use nova_event_bus::Cause;
use nova_ids::{PostId, UserId};
use sqlx::PgConnection;

use crate::error::Error;
use crate::store;

/// Remembers that a post is gone for good, also if it has not come yet, and that those who had it are to be told.
///
/// # Errors
/// When the database fails.
pub async fn remove_post(tx: &mut PgConnection, post: PostId, author: UserId) -> Result<(), Error> {
    Ok(store::posts::bury(tx, post, author, Cause::to_keep().as_ref()).await?)
}
