//! What users are still to be told of what is kept of them.

use nova_event_bus::Cause;
use nova_ids::MediaId;
use nova_service::exports;
use sqlx::PgConnection;

use super::media::everything;
use crate::domain::Medium;

/// An export under way, and the event that asked for it.
pub type Export = exports::Export<MediaId, Cause>;

/// The next media of the export, at most `limit`, oldest first. They are for their owner's own eyes, so nothing is left out, also
/// when the owner is not to be seen now and will come back.
///
/// # Errors
/// When the database fails.
pub async fn media(tx: &mut PgConnection, of: &Export, limit: i64) -> sqlx::Result<Vec<Medium>> {
    sqlx::query_as(concat!(
        everything!(),
        " WHERE media.owner_id = $1 AND media.id > $2 ORDER BY media.id LIMIT $3"
    ))
    .bind(of.user_id.uuid())
    .bind(of.told_to.uuid())
    .bind(limit)
    .fetch_all(tx)
    .await
}
