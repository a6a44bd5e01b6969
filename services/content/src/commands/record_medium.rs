use nova_attachments::MediumState;
use nova_event_bus::Outbox;
use nova_ids::PostId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::Error;
use crate::{events, store};

/// Remembers what became of a medium, unless something later is known, and changes the posts of its owner that name it or
/// that it `names`. Whether post or medium comes first, the end is the same: whoever names a medium has its row, and waits
/// for whoever tells of it, or the other way round.
///
/// # Errors
/// When the database fails.
pub async fn record_medium(
    tx: &mut PgConnection,
    outbox: &Outbox,
    state: &MediumState,
    names: Option<PostId>,
) -> Result<(), Error> {
    if !nova_attachments::save(tx, state).await? {
        return Ok(());
    }
    let now = OffsetDateTime::now_utc();
    let posts = store::posts::find_with_medium(tx, state.owner_id, state.id, names).await?;
    for post in posts {
        let changed = match &state.medium {
            Some(medium) => post.with_medium(medium, names == Some(post.id), now),
            None => post.without_medium(state.id, now),
        };
        if let Some(changed) = changed {
            store::posts::update(tx, &changed).await?;
            outbox.append(tx, &events::post_updated(&changed)).await?;
        }
    }
    Ok(())
}
