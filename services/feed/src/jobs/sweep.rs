use std::time::Duration;

use nova_resilience::Chain;
use nova_service::postgres::within;
use tokio_util::sync::CancellationToken;

use crate::state::State;
use crate::store::{fanouts, readers};
use crate::{error::Error, metrics};

const EVERY: Duration = Duration::from_secs(5);

/// Most rows deleted in one statement, so that no lock is held for long.
const BATCH: i64 = 1_000;

/// When Redis was away for so long, or so much was missed, all timelines are built anew as they are read: that costs
/// less than to bring each up to date.
const LONGEST_OUTAGE_SECONDS: f64 = 3_600.0;
const MOST_MISSED: i64 = 10_000;

/// Measures how far fan-out is behind, and forgets what is of no more use, until `stop`.
pub(crate) async fn sweep(state: State, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        match stop.run_until_cancelled(once(&state)).await {
            None => return,
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::warn!(error = %Chain(&error), "could not tidy up"),
        }
    }
}

async fn once(state: &State) -> Result<(), Error> {
    let (pool, deadline) = (&state.database.pool, state.database.deadline);
    let [told, pushed] = within(deadline, fanouts::backlog(pool)).await?;
    metrics::fan_out(told, pushed);
    let (missed, age) = pushed;
    if missed > MOST_MISSED || age > LONGEST_OUTAGE_SECONDS {
        let mut connection = pool.acquire().await?;
        let epoch = within(deadline, fanouts::give_up_pushes(&mut connection)).await?;
        state.home.timelines.redis().saw_epoch(epoch);
        tracing::info!(
            missed,
            "timelines have missed so much that all are built anew"
        );
    }
    while within(deadline, readers::forget(pool, BATCH)).await? == BATCH.unsigned_abs() {}
    Ok(())
}
