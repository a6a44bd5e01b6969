use nova_event_bus::Cause;
use sqlx::PgConnection;

use crate::domain::Post;
use crate::error::Error;
use crate::store;

/// Remembers a state of a post, and that those whose feeds it changes are to be told. Readers pull it if its author has
/// more than `push_limit` followers.
///
/// # Errors
/// When the database fails.
pub async fn record_post(tx: &mut PgConnection, push_limit: i64, post: &Post) -> Result<(), Error> {
    Ok(store::posts::save(tx, post, push_limit, Cause::to_keep().as_ref()).await?)
}
