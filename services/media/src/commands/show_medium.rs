use nova_event_bus::Outbox;
use sqlx::PgConnection;

use super::delete_medium::remove;
use crate::domain::{Medium, Purpose};
use crate::error::Error;
use crate::events;
use crate::store::media;

/// Tells that a medium can be shown. Of avatars only the latest is worn: those before go, and one that was begun before the one that is
/// worn is told of to nobody.
///
/// # Errors
/// When the database fails.
pub(super) async fn show_medium(
    tx: &mut PgConnection,
    outbox: &Outbox,
    medium: &Medium,
) -> Result<(), Error> {
    if medium.purpose == Purpose::Post {
        outbox.append(tx, &events::media_uploaded(medium)).await?;
        return Ok(());
    }
    let avatars = media::avatars(tx, medium.owner_id).await?;
    let (worn, before) = match avatars.split_first() {
        Some(split) => split,
        None => (medium, [].as_slice()),
    };
    if worn.id == medium.id {
        outbox.append(tx, &events::media_uploaded(medium)).await?;
    }
    for other in before {
        remove(tx, outbox, other).await?;
    }
    Ok(())
}
