use std::time::Duration;

use futures::future::join_all;
use nova_service::rounds::rounds;
use tokio_util::sync::CancellationToken;

use crate::clients::Reading;
use crate::error::Error;
use crate::state::State;

/// What came to another replica, or before this one began, is looked for after this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Reads what has come, as many at once as there are processors and one more, whose bytes are on their way meanwhile. Until
/// `stop`; replicas share the work, and what one has left undone another does.
pub(crate) async fn read_media(state: State, stop: CancellationToken) {
    let (waits, wake) = ("media wait to be read", Some(&*state.to_read));
    let readers =
        (0..=Reading::places()).map(|_| rounds(stop.clone(), wake, waits, || round(&state)));
    join_all(readers).await;
}

async fn round(state: &State) -> Result<Duration, Error> {
    let read = state.read_next().await?;
    Ok(if read { Duration::ZERO } else { LOOK_EVERY })
}
