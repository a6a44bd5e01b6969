use nova_ids::UserId;
use sqlx::PgConnection;

use crate::error::Error;
use crate::store::rejections;

/// Keeps what was not taken, until every node has seen it.
///
/// # Errors
/// When the database fails.
pub async fn record_rejection(
    tx: &mut PgConnection,
    user: UserId,
    payload: &[u8],
) -> Result<(), Error> {
    Ok(rejections::save(tx, user, payload).await?)
}
