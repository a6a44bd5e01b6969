use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::state::State;

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Takes over the rules when their file changes, until `stop`.
pub(crate) async fn rules(state: State, stop: CancellationToken) {
    while stop
        .run_until_cancelled(tokio::time::sleep(LOOK_EVERY))
        .await
        .is_some()
    {
        let looking = state.clone();
        // A disk may take long.
        let looked = tokio::task::spawn_blocking(move || looking.rules.look()).await;
        if let Err(error) = looked {
            tracing::error!(%error, "the rules cannot be looked at");
        }
    }
}
