use std::time::Duration;

use nova_service::postgres::within;
use nova_service::rounds::rounds;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::state::State;
use crate::store::{canaries, changes, rejections};

/// Most rows deleted in one statement, so that no lock is held for long.
const BATCH: i64 = 1_000;

const LONGEST_REST: Duration = Duration::from_secs(30);

/// Every node has looked many times by then.
const REJECTIONS: f64 = 600.0;

/// Lets go of what was kept for as long as it is to be kept, until `stop`.
pub(crate) async fn forget(state: State, stop: CancellationToken) {
    rounds(stop, None, "what is too old waits", || round(&state)).await;
}

async fn round(state: &State) -> Result<Duration, Error> {
    let (pool, deadline) = (&state.database.pool, state.database.deadline);
    let retention = state.retention.as_secs_f64();
    let changes = within(deadline, changes::forget(pool, retention, BATCH)).await?;
    let rejections = within(deadline, rejections::forget(pool, REJECTIONS, BATCH)).await?;
    within(deadline, canaries::forget(pool, REJECTIONS)).await?;
    let is_more = changes.max(rejections) == BATCH.unsigned_abs();
    Ok(if is_more {
        Duration::ZERO
    } else {
        LONGEST_REST.min(state.retention / 2)
    })
}
