use nova_event_bus::Outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::must_be_there::must_be_there;
use crate::domain::{Aversion, Pair};
use crate::error::Error;
use crate::{events, store};

/// Makes one user no longer mute the other. One who does not anyway goes on not doing so, and nobody hears of it again.
///
/// # Errors
/// When there is no such user, and when the database fails.
pub async fn unmute(tx: &mut PgConnection, outbox: &Outbox, pair: Pair) -> Result<(), Error> {
    store::pairs::lock(tx, pair).await?;
    must_be_there(tx, pair.user()).await?;
    if let Some(revision) = store::aversions::end(tx, Aversion::Mute, pair).await? {
        let now = OffsetDateTime::now_utc().truncate_to_millisecond();
        let unmuted = events::user_unmuted(pair, now, revision);
        outbox.append(tx, &unmuted).await?;
        return Ok(());
    }
    if store::users::exists(tx, pair.other()).await? {
        Ok(())
    } else {
        Err(Error::NoSuchUser)
    }
}
