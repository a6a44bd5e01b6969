use nova_event_bus::Outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::must_be_there::must_be_there;
use crate::domain::Pair;
use crate::error::Error;
use crate::{events, store};

/// Makes one user no longer follow the other, who wants it so. One who does not anyway goes on not doing so, and nobody
/// hears of it again. They may follow again, or ask to.
///
/// # Errors
/// When there is no such user to follow the other or a block between the two, and when the database fails.
pub async fn remove_follower(
    tx: &mut PgConnection,
    outbox: &Outbox,
    pair: Pair,
) -> Result<(), Error> {
    store::pairs::lock(tx, pair).await?;
    must_be_there(tx, pair.other()).await?;
    let now = OffsetDateTime::now_utc().truncate_to_millisecond();
    if let Some(revision) = store::follows::end(tx, pair, now).await? {
        let unfollowed = events::user_unfollowed(pair, now, revision);
        outbox.append(tx, &unfollowed).await?;
        return Ok(());
    }
    if store::users::is_seen(tx, Some(pair.other()), pair.user()).await? {
        Ok(())
    } else {
        Err(Error::NoSuchUser)
    }
}
