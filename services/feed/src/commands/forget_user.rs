use nova_event_bus::dead_letter::purge_mentions;
use nova_ids::UserId;

use crate::error::Error;
use crate::state::State;
use crate::store::readers;
use crate::store::timelines::Timeline;

/// Takes out what lies outside of this service's own tables of a user who is gone for good: their timeline, and dead
/// letters about them.
///
/// # Errors
/// When the database or Redis fails; it is tried again then.
pub async fn forget_user(state: &State, user: UserId) -> Result<(), Error> {
    let pool = &state.database.pool;
    purge_mentions(pool, &user.to_string(), "erasure").await?;
    // The row says where the timeline is, so it goes last, and here: Redis may be away while the rest is erased.
    if let Some(version) = readers::version(pool, user).await? {
        let timelines = &state.home.timelines;
        timelines.forget(Timeline { user, version }).await?;
    }
    Ok(state.home.readers.forget(user).await?)
}
