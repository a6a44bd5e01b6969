use nova_event_bus::Outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::must_be_there::must_be_there;
use crate::domain::{Followed, Pair, Wish};
use crate::error::Error;
use crate::{events, store};

/// Makes one user follow the other, or ask to when the other is locked. One who does already goes on doing so, one who
/// asked goes on waiting, and nobody hears of it again.
///
/// # Errors
/// When there is no such user to follow or a block between the two, when the follower's account is not there, when they
/// would follow and ask more than `limit` users, and when the database fails.
pub async fn follow(
    tx: &mut PgConnection,
    outbox: &Outbox,
    limit: u32,
    pair: Pair,
) -> Result<Followed, Error> {
    store::pairs::lock(tx, pair).await?;
    must_be_there(tx, pair.user()).await?;
    let standing = store::follows::standing(tx, pair).await?;
    match standing.ok_or(Error::NoSuchUser)?.wish() {
        Wish::Fulfilled => Ok(Followed::Follows),
        Wish::Waits => Ok(Followed::Requested),
        Wish::Begins => begin(tx, outbox, limit, pair).await,
        // The user may be unlocking meanwhile: then nobody would look at the request again.
        Wish::Asks if !store::follow_requests::hold_both(tx, pair).await? => {
            begin(tx, outbox, limit, pair).await
        }
        Wish::Asks => ask(tx, outbox, limit, pair).await,
    }
}

async fn begin(
    tx: &mut PgConnection,
    outbox: &Outbox,
    limit: u32,
    pair: Pair,
) -> Result<Followed, Error> {
    let now = OffsetDateTime::now_utc().truncate_to_millisecond();
    // One who asked before the user was unlocked need not be accepted any more.
    store::follow_requests::delete(tx, pair).await?;
    if let Some(revision) = store::follows::begin(tx, pair, now).await? {
        stay_within(tx, limit, pair).await?;
        let followed = events::user_followed(pair, now, revision);
        outbox.append(tx, &followed).await?;
    }
    Ok(Followed::Follows)
}

async fn ask(
    tx: &mut PgConnection,
    outbox: &Outbox,
    limit: u32,
    pair: Pair,
) -> Result<Followed, Error> {
    let now = OffsetDateTime::now_utc().truncate_to_millisecond();
    store::follow_requests::insert(tx, pair, now).await?;
    stay_within(tx, limit, pair).await?;
    outbox
        .append(tx, &events::follow_requested(pair, now))
        .await?;
    Ok(Followed::Requested)
}

async fn stay_within(tx: &mut PgConnection, limit: u32, pair: Pair) -> Result<(), Error> {
    let following = store::follows::count(tx, pair.user(), limit).await?;
    if following.is_too_much(limit) {
        return Err(Error::too_many_follows(limit, "id"));
    }
    Ok(())
}
