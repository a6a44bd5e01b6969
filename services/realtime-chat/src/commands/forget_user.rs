use nova_event_bus::dead_letter::purge_mentions;
use nova_ids::UserId;

use crate::error::Error;
use crate::state::State;

/// Takes out what lies outside of this service's own tables of a user who is gone for good: dead letters about them, and
/// where they were.
///
/// # Errors
/// When the database or Redis fails; it is tried again then.
pub async fn forget_user(state: &State, user: UserId) -> Result<(), Error> {
    purge_mentions(&state.database.pool, &user.to_string(), "erasure").await?;
    // What Redis has ends with a lease, and nothing waits for it.
    if let Err(away) = state.routes.forget(user).await {
        tracing::debug!(error = %away, "leases of who is gone end by themselves");
    }
    Ok(())
}
