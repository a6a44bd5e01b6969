use nova_event_bus::Outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::Error;
use crate::events;
use crate::store::follows::{self, Follow};

/// Remembers that somebody follows somebody, or no longer does, and tells the follower.
///
/// # Errors
/// When the database fails.
pub async fn record_follow(
    tx: &mut PgConnection,
    outbox: &Outbox,
    follow: Follow,
) -> Result<(), Error> {
    if follows::save(tx, follow).await? {
        let whose = [(follow.follower_id, follow.followee_id)];
        let updates = events::feeds_rebuilt(&whose, OffsetDateTime::now_utc());
        outbox.append_all(tx, &updates).await?;
    }
    Ok(())
}
