use std::time::Duration;

use nova_resilience::{Backoff, Chain};
use nova_service::postgres::within;
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::error::Error;
use crate::state::State;

/// What nobody wants any more is looked for again after this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Ends uploads that do not become whole, and deletes media that no post shows, until `stop`. Replicas share the work.
pub(crate) async fn sweep(state: State, stop: CancellationToken) {
    let backoff = Backoff::standard();
    let mut failures = 0;
    loop {
        let wait = match stop.run_until_cancelled(Box::pin(round(&state))).await {
            None => return,
            Some(Ok(more)) => {
                failures = 0;
                if more { Duration::ZERO } else { LOOK_EVERY }
            }
            Some(Err(error)) => {
                failures += 1;
                tracing::warn!(error = %Chain(&error), failures, "what nobody wants any more stays");
                backoff.wait(failures)
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Whether there may be more to do at once.
async fn round(state: &State) -> Result<bool, Error> {
    let config = &state.config;
    let swept = async {
        let mut tx = state.database.pool.begin().await?;
        let swept = async {
            let uploads = commands::sweep_uploads(&mut tx, config.upload_ttl).await?;
            let media = commands::sweep_media(&mut tx, &state.outbox, config.unclaimed_ttl).await?;
            Ok(uploads || media)
        };
        Ok(match swept.await {
            Ok(swept) => state.commit(tx).await.map(|()| swept),
            failed => failed,
        })
    };
    within(state.database.deadline, swept).await?
}
