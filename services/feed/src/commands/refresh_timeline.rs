use nova_ids::UserId;

use crate::error::Error;
use crate::state::State;
use crate::store::epoch;

/// Drops a user's cached timeline, so that it is built anew from Postgres. Must run after the change
/// of the follow graph has committed.
///
/// # Errors
/// When the database fails. Redis may be away.
pub async fn refresh_timeline(state: &State, user: UserId) -> Result<(), Error> {
    let pool = &state.database.pool;
    let valid = epoch::current(pool).await?;
    match state.timelines.drop_timeline(valid, user).await {
        Err(Error::Redis(_)) => {
            let raised = epoch::raise(pool).await?;
            state.timelines.redis().saw_epoch(raised);
            Ok(())
        }
        other => other,
    }
}
