use nova_event_bus::Outbox;
use nova_ids::{PostId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::Error;
use crate::{events, store};

/// Deletes a post for good.
///
/// # Errors
/// When there is no such post that the remover may see, when it is another's, and when the database fails.
pub async fn delete_post(
    tx: &mut PgConnection,
    outbox: &Outbox,
    remover: UserId,
    id: PostId,
) -> Result<(), Error> {
    let seen = store::posts::find_for_update(tx, remover, id).await?;
    let deleted = seen
        .ok_or(Error::NoSuchPost)?
        .delete(remover, OffsetDateTime::now_utc())?;
    store::posts::delete(tx, deleted.id).await?;
    outbox.append(tx, &events::post_deleted(&deleted)).await?;
    Ok(())
}
