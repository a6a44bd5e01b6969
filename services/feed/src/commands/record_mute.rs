use nova_event_bus::Outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::Error;
use crate::events;
use crate::store::follows::{self, Mute};

/// Remembers that somebody has muted somebody, or has no longer, and tells them if they follow.
///
/// # Errors
/// When the database fails.
pub async fn record_mute(tx: &mut PgConnection, outbox: &Outbox, mute: Mute) -> Result<(), Error> {
    if follows::save_mute(tx, mute).await? {
        let whose = [(mute.user_id, mute.muted_id)];
        let updates = events::feeds_rebuilt(&whose, OffsetDateTime::now_utc());
        outbox.append_all(tx, &updates).await?;
    }
    Ok(())
}
