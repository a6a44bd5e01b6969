use nova_event_bus::Outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::Pair;
use crate::error::Error;
use crate::{events, store};

/// Makes one user follow the other. One who does already goes on doing so, and nobody hears of it again.
///
/// # Errors
/// When there is no such user to follow, when the follower's account is not there, when they would follow more than
/// `limit` users, and when the database fails.
pub async fn follow(
    tx: &mut PgConnection,
    outbox: &Outbox,
    limit: u32,
    pair: Pair,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc().truncate_to_millisecond();
    if let Some(revision) = store::follows::begin(tx, pair, limit, now).await? {
        outbox
            .append(tx, &events::user_followed(pair, now, revision))
            .await?;
    }
    Ok(())
}
