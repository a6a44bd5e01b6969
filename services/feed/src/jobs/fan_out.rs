use std::time::{Duration, Instant};

use nova_resilience::{Backoff, Chain};
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::error::Error;
use crate::state::State;

/// What another process has left is found after this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Followers of authors with very many are told no faster than this, so that those who read meanwhile are not held up:
/// ten thousand within a second, and a third of it to spare. Whoever has something else to be told need not wait.
const TOLD_PER_SECOND: f64 = 15_000.0;

/// One round takes milliseconds; one that takes so long has lost its server.
const DEADLINE: Duration = Duration::from_secs(30);

/// Tells readers of what has happened, whenever there is something to tell, until `stop`.
pub(crate) async fn fan_out(state: State, stop: CancellationToken) {
    let backoff = Backoff::standard();
    let mut failures = 0;
    loop {
        let began = Instant::now();
        let wait = match stop.run_until_cancelled(round(&state)).await {
            None => return,
            Some(Ok(told)) => {
                failures = 0;
                told.map_or(LOOK_EVERY, |told| {
                    pace(told).saturating_sub(began.elapsed())
                })
            }
            Some(Err(error)) => {
                failures += 1;
                tracing::warn!(error = %Chain(&error), failures, "fan-out waits");
                backoff.wait(failures)
            }
        };
        if wait.is_zero() {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = state.wake.notified(), if failures == 0 => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// How long it is to take to tell so many.
fn pace(told: usize) -> Duration {
    Duration::from_secs_f64(told as f64 / TOLD_PER_SECOND)
}

async fn round(state: &State) -> Result<Option<usize>, Error> {
    match tokio::time::timeout(DEADLINE, commands::fan_out(state)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::Database(sqlx::Error::PoolTimedOut)),
    }
}
