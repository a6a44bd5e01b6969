use nova_event_bus::Outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::Error;
use crate::events;
use crate::store::follows::{self, Block};

/// Remembers that somebody has blocked somebody, or has no longer, and tells those of the two who follow the other.
///
/// # Errors
/// When the database fails.
pub async fn record_block(
    tx: &mut PgConnection,
    outbox: &Outbox,
    block: Block,
) -> Result<(), Error> {
    let whose = follows::save_block(tx, block).await?;
    let updates = events::feeds_rebuilt(&whose, OffsetDateTime::now_utc());
    Ok(outbox.append_all(tx, &updates).await?)
}
