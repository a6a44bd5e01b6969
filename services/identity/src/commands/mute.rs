use nova_event_bus::Outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::must_be_there::must_be_there;
use crate::domain::{Aversion, Pair};
use crate::error::Error;
use crate::{events, store};

/// Keeps the posts of one user out of the other's feed, and changes nothing else: there may be a follow or none. One who
/// mutes the other already goes on doing so, and nobody hears of it again.
///
/// # Errors
/// When one of the two is no user, or has left, and when the database fails.
pub async fn mute(tx: &mut PgConnection, outbox: &Outbox, pair: Pair) -> Result<(), Error> {
    store::pairs::lock(tx, pair).await?;
    must_be_there(tx, pair.user()).await?;
    if !store::users::exists(&mut *tx, pair.other()).await? {
        return Err(Error::NoSuchUser);
    }
    let now = OffsetDateTime::now_utc().truncate_to_millisecond();
    if let Some(revision) = store::aversions::begin(tx, Aversion::Mute, pair, now).await? {
        outbox
            .append(tx, &events::user_muted(pair, now, revision))
            .await?;
    }
    Ok(())
}
