use std::time::Duration;

use nova_service::rounds::rounds;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::state::State;
use crate::store::folders;

/// What is to be removed is looked for again after this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Folders looked for at a time.
const BATCH: i64 = 100;

/// A folder that cannot be removed holds nobody up for longer.
const PUT_OFF: Duration = Duration::from_secs(60);

/// Removes the folders that nothing needs any more, until `stop`. First the files, then the row: whatever happens between them, it is
/// done again.
pub(crate) async fn remove_files(state: State, stop: CancellationToken) {
    rounds(stop, None, "files wait to be removed", || round(&state)).await;
}

async fn round(state: &State) -> Result<Duration, Error> {
    let pool = &state.database.pool;
    let doomed = folders::doomed(pool, BATCH).await?;
    for folder in &doomed {
        if let Err(error) = state.files.remove(*folder).await {
            folders::put_off(pool, *folder, PUT_OFF).await?;
            return Err(error.into());
        }
        folders::removed(pool, *folder).await?;
    }
    Ok(if doomed.is_empty() {
        LOOK_EVERY
    } else {
        Duration::ZERO
    })
}
