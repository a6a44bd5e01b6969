use std::time::Duration;

use nova_resilience::{Backoff, Chain};
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::error::Error;
use crate::state::State;

/// What another process has left is found after this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// One round takes milliseconds; one that takes so long has lost its server.
const DEADLINE: Duration = Duration::from_secs(30);

/// Tells readers of what has happened, whenever there is something to tell, until `stop`.
pub(crate) async fn fan_out(state: State, stop: CancellationToken) {
    let backoff = Backoff::standard();
    let mut failures = 0;
    loop {
        let wait = match stop.run_until_cancelled(round(&state)).await {
            None => return,
            Some(Ok(next)) => {
                failures = 0;
                next.map_or(LOOK_EVERY, |next| next.min(LOOK_EVERY))
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

async fn round(state: &State) -> Result<Option<Duration>, Error> {
    match tokio::time::timeout(DEADLINE, commands::fan_out(state)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::Database(sqlx::Error::PoolTimedOut)),
    }
}
