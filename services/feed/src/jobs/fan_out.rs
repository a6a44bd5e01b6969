use std::time::Duration;

use nova_service::rounds::rounds;
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
    rounds(stop, Some(&state.wake), "fan-out waits", || round(&state)).await;
}

async fn round(state: &State) -> Result<Duration, Error> {
    let next = match tokio::time::timeout(DEADLINE, commands::fan_out(state)).await {
        Ok(outcome) => outcome?,
        Err(_) => return Err(Error::Database(sqlx::Error::PoolTimedOut)),
    };
    Ok(next.map_or(LOOK_EVERY, |next| next.min(LOOK_EVERY)))
}
