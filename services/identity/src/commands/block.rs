use nova_event_bus::Outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::must_be_there::must_be_there;
use crate::domain::{Aversion, Pair};
use crate::error::Error;
use crate::{events, store};

/// Hides the two of a pair from each other, because the one wants it so: follows and requests end both ways. One who
/// blocks the other already goes on doing so, and nobody hears of it again.
///
/// # Errors
/// When one of the two is no user, or has left, and when the database fails.
pub async fn block(tx: &mut PgConnection, outbox: &Outbox, pair: Pair) -> Result<(), Error> {
    store::pairs::lock(tx, pair).await?;
    must_be_there(tx, pair.user()).await?;
    if !store::users::exists(&mut *tx, pair.other()).await? {
        return Err(Error::NoSuchUser);
    }
    let now = OffsetDateTime::now_utc().truncate_to_millisecond();
    let begun = store::aversions::begin(tx, Aversion::Block, pair, now).await?;
    // Looked for even if the block is not new: a replica from before blocks were known may have let one begin.
    for between in [pair, pair.turned()] {
        store::follow_requests::delete(tx, between).await?;
        if let Some(revision) = store::follows::end(tx, between, now).await? {
            let unfollowed = events::user_unfollowed(between, now, revision);
            outbox.append(tx, &unfollowed).await?;
        }
    }
    if let Some(revision) = begun {
        let blocked = events::user_blocked(pair, now, revision);
        outbox.append(tx, &blocked).await?;
    }
    Ok(())
}
