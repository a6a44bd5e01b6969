use nova_ids::{SessionId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::Error;
use crate::store;

/// Ends a session of a user. Access tokens that it was given are good until they expire.
///
/// # Errors
/// When the user has no such session, and when the database fails.
pub async fn end_session(
    tx: &mut PgConnection,
    user: UserId,
    session: SessionId,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    if store::sessions::delete_of_user(tx, user, session, now).await? {
        Ok(())
    } else {
        Err(Error::NoSuchSession)
    }
}
