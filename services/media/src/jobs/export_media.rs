use std::time::Duration;

use nova_resilience::{Backoff, Chain};
use nova_service::postgres::within;
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::error::Error;
use crate::state::State;

/// What is to be told is looked for again after this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// After each part, so that what others publish goes first: ten megabytes a second, whatever somebody has written.
const REST: Duration = Duration::from_millis(50);

/// Tells users what is kept of them, a part at a time, until `stop`. Replicas share the work.
pub(crate) async fn export_media(state: State, stop: CancellationToken) {
    let backoff = Backoff::standard();
    let mut failures = 0;
    loop {
        let wait = match stop.run_until_cancelled(Box::pin(round(&state))).await {
            None => return,
            Some(Ok(told)) => {
                failures = 0;
                if told { REST } else { LOOK_EVERY }
            }
            Some(Err(error)) => {
                failures += 1;
                tracing::warn!(error = %Chain(&error), failures, "exports wait");
                backoff.wait(failures)
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn round(state: &State) -> Result<bool, Error> {
    let told = async {
        let mut tx = state.database.pool.begin().await?;
        let told = commands::export_media(&mut tx, &state.outbox).await;
        Ok(match told {
            Ok(told) => state.commit(tx).await.map(|()| told),
            failed => failed,
        })
    };
    within(state.database.deadline, told).await?
}
