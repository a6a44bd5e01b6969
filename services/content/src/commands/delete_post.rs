use nova_event_bus::Outbox;
use nova_ids::{PostId, UserId};
use nova_service::http::{ETag, IfMatch};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::Error;
use crate::{events, store};

/// Deletes a post, in a state that this is meant for, for good.
///
/// # Errors
/// When there is no such post that the remover may see, when it is another's, when it is in another state, and
/// when the database fails.
pub async fn delete_post(
    tx: &mut PgConnection,
    outbox: &Outbox,
    remover: UserId,
    id: PostId,
    meant: &IfMatch,
) -> Result<(), Error> {
    let seen = store::posts::find_for_update(tx, remover, id).await?;
    let post = seen.ok_or(Error::NoSuchPost)?;
    let deleted = post.delete(remover, OffsetDateTime::now_utc())?;
    meant.check(&ETag::of_revision(post.revision))?;
    store::posts::delete(tx, deleted.id).await?;
    outbox.append(tx, &events::post_deleted(&deleted)).await?;
    Ok(())
}
