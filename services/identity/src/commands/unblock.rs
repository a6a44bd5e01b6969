use nova_event_bus::Outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::must_be_there::must_be_there;
use crate::domain::{Aversion, Pair};
use crate::error::Error;
use crate::{events, store};

/// Makes one user no longer block the other: follows stay ended, and a block of the other's stays. One who does not
/// anyway goes on not doing so, and nobody hears of it again.
///
/// # Errors
/// When there is no such user to unblock, and when the database fails.
pub async fn unblock(tx: &mut PgConnection, outbox: &Outbox, pair: Pair) -> Result<(), Error> {
    store::pairs::lock(tx, pair).await?;
    must_be_there(tx, pair.user()).await?;
    if let Some(revision) = store::aversions::end(tx, Aversion::Block, pair).await? {
        let now = OffsetDateTime::now_utc().truncate_to_millisecond();
        let unblocked = events::user_unblocked(pair, now, revision);
        outbox.append(tx, &unblocked).await?;
        return Ok(());
    }
    if store::users::exists(tx, pair.other()).await? {
        Ok(())
    } else {
        Err(Error::NoSuchUser)
    }
}
