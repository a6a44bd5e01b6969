use std::time::Duration;

use futures::future::join_all;
use nova_resilience::{Backoff, Chain};
use tokio_util::sync::CancellationToken;

use crate::clients::Reading;
use crate::state::State;

/// What came to another replica, or before this one began, is looked for after this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Reads what has come, as many at once as there are processors and one more, whose bytes are on their way meanwhile. Until
/// `stop`; replicas share the work, and what one has left undone another does.
pub(crate) async fn read_media(state: State, stop: CancellationToken) {
    let readers = (0..=Reading::places()).map(|_| Box::pin(read(&state, &stop)));
    join_all(readers).await;
}

async fn read(state: &State, stop: &CancellationToken) {
    let backoff = Backoff::standard();
    let mut failures = 0;
    loop {
        let wait = match stop.run_until_cancelled(Box::pin(state.read_next())).await {
            None => return,
            Some(Ok(true)) => {
                failures = 0;
                continue;
            }
            Some(Ok(false)) => {
                failures = 0;
                LOOK_EVERY
            }
            Some(Err(error)) => {
                failures += 1;
                tracing::warn!(error = %Chain(&error), failures, "media wait to be read");
                backoff.wait(failures)
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
            () = state.to_read.notified(), if failures == 0 => {}
        }
    }
}
