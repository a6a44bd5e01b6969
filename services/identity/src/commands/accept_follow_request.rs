use nova_event_bus::Outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::must_be_there::must_be_there;
use crate::domain::Pair;
use crate::error::Error;
use crate::{events, store};

/// Makes the one of the pair, who asked to, follow the other.
///
/// # Errors
/// When they do not ask, or no longer; when they follow `limit` users: then the request must stay, so the transaction
/// must be rolled back; and when the database fails.
pub async fn accept_follow_request(
    tx: &mut PgConnection,
    outbox: &Outbox,
    limit: u32,
    pair: Pair,
) -> Result<(), Error> {
    store::pairs::lock(tx, pair).await?;
    must_be_there(tx, pair.other()).await?;
    if !store::follow_requests::delete(tx, pair).await? {
        return Err(Error::NoSuchRequest);
    }
    let now = OffsetDateTime::now_utc().truncate_to_millisecond();
    if let Some(revision) = store::follows::begin(tx, pair, now).await? {
        let following = store::follows::count(tx, pair.user(), limit).await?;
        if following.is_too_many(limit) {
            return Err(Error::too_many_follows(limit, "user_id"));
        }
        let followed = events::user_followed(pair, now, revision);
        outbox.append(tx, &followed).await?;
    }
    Ok(())
}
