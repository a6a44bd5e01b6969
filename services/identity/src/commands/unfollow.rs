use nova_event_bus::Outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::Pair;
use crate::error::Error;
use crate::{events, store};

/// Makes one user no longer follow the other. One who does not anyway goes on not doing so, and nobody hears
/// of it again.
///
/// # Errors
/// When there is no such user to unfollow, and when the database fails.
pub async fn unfollow(tx: &mut PgConnection, outbox: &Outbox, pair: Pair) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc().truncate_to_millisecond();
    if let Some(revision) = store::follows::end(tx, pair, now).await? {
        outbox
            .append(tx, &events::user_unfollowed(pair, now, revision))
            .await?;
        return Ok(());
    }
    if store::users::exists(tx, pair.followee()).await? {
        Ok(())
    } else {
        Err(Error::NoSuchUser)
    }
}
