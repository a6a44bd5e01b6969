use std::time::Duration;

use nova_resilience::{Chain, Health};
use nova_service::postgres::within;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::metrics;
use crate::state::State;
use crate::store::{folders, media};

const EVERY: Duration = Duration::from_secs(5);

/// Looks whether the store of files answers, and how much waits to be read and removed, until `stop`.
pub(crate) async fn watch(state: State, health: Health, stop: CancellationToken) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(every.tick()).await.is_some() {
        match stop.run_until_cancelled(state.files.look()).await {
            None => return,
            Some(Ok(())) => health.up(),
            Some(Err(error)) => health.down(Chain(&error).to_string()),
        }
        match stop.run_until_cancelled(measure(&state)).await {
            None => return,
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::debug!(error = %Chain(&error), "what waits could not be counted");
            }
        }
    }
}

async fn measure(state: &State) -> Result<(), Error> {
    let (pool, deadline) = (&state.database.pool, state.database.deadline);
    let (count, age) = within(deadline, media::backlog(pool)).await?;
    metrics::waiting("reading", count, age);
    let (count, age) = within(deadline, folders::backlog(pool)).await?;
    metrics::waiting("removal", count, age);
    Ok(())
}
