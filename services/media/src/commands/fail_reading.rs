use nova_event_bus::Outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{MediaState, Medium};
use crate::error::Error;
use crate::events;
use crate::store::media::Turn;
use crate::store::{folders, media, uploads};

/// Makes a medium one that has failed, for a reason that its owner is told. Its bytes go.
///
/// # Errors
/// When the database fails.
pub async fn fail_reading(
    tx: &mut PgConnection,
    outbox: &Outbox,
    turn: Turn,
    reason: &str,
) -> Result<(), Error> {
    let Some(medium) = media::of_turn(tx, turn).await? else {
        return Ok(());
    };
    let failed = Medium {
        state: MediaState::Failed,
        failure: Some(reason.to_owned()),
        revision: medium.revision + 1,
        ..medium
    };
    media::update(tx, &failed).await?;
    uploads::delete_pieces(tx, failed.id).await?;
    folders::doom(tx, failed.id.uuid()).await?;
    let event = events::media_failed(&failed, reason, OffsetDateTime::now_utc());
    outbox.append(tx, &event).await?;
    Ok(())
}
