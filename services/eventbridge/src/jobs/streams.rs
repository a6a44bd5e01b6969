use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::state::State;
use crate::state::hub::Hub;

/// Channels that nobody follows any more are left this often.
const LEAVE: Duration = Duration::from_secs(1);

/// Gives streams their heartbeats, ends those whose tokens have ended, and leaves channels, for all streams at once: none has a
/// timer of its own. At `stop` streams have been ended in order, or cut.
pub(crate) async fn streams(state: State, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => state.stopping.cancel(),
        () = beat(&state) => {}
        () = state.hub.let_go() => {}
        () = leave(&state) => {}
    }
}

async fn beat(state: &State) {
    // At most a second after its end a token is over, whatever the heartbeat is.
    let between = state.heartbeat / u32::try_from(Hub::BEATS).unwrap_or(u32::MAX);
    let mut rounds = interval(between.max(Duration::from_millis(1)));
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0.. {
        rounds.tick().await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        state.hub.beat(round, now.map_or(0, |now| now.as_secs()));
    }
}

async fn leave(state: &State) {
    let mut rounds = interval(LEAVE);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        let windows = &state.windows;
        state
            .hub
            .leave_channels(async |channels| windows.leave(channels).await)
            .await;
    }
}
