use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::state::State;

/// What sockets said last reaches Kafka within this time.
const FLUSH: Duration = Duration::from_secs(3);

/// Waits for `stop`, and then ends every socket in order: hyper forgets connections that were upgraded, so nobody else does.
pub(crate) async fn sockets(state: State, stop: CancellationToken) {
    stop.cancelled().await;
    state.stopping.cancel();
    state.sessions.close();
    state.sessions.wait().await;
    let direct = state.direct.clone();
    let flushed = tokio::task::spawn_blocking(move || direct.flush(FLUSH));
    if let Err(error) = flushed.await {
        tracing::error!(%error, "the last of what sockets said may be lost");
    }
}
