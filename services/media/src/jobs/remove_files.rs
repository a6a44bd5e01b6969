use std::time::Duration;

use nova_resilience::{Backoff, Chain};
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::state::State;
use crate::store::folders;

/// What is to be removed is looked for again after this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Folders looked for at a time.
const BATCH: i64 = 100;

/// Removes the folders that nothing needs any more, until `stop`. First the files, then the row: whatever happens between them, it is
/// done again.
pub(crate) async fn remove_files(state: State, stop: CancellationToken) {
    let backoff = Backoff::standard();
    let mut failures = 0;
    loop {
        let wait = match stop.run_until_cancelled(Box::pin(round(&state))).await {
            None => return,
            Some(Ok(removed)) => {
                failures = 0;
                if removed { Duration::ZERO } else { LOOK_EVERY }
            }
            Some(Err(error)) => {
                failures += 1;
                tracing::warn!(error = %Chain(&error), failures, "files wait to be removed");
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
    let pool = &state.database.pool;
    let doomed = folders::doomed(pool, BATCH).await?;
    for folder in &doomed {
        state.files.remove(*folder).await?;
        folders::removed(pool, *folder).await?;
    }
    Ok(!doomed.is_empty())
}
