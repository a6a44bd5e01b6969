use std::time::Duration;

use nova_resilience::Health;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::state::State;

/// How often it is asked.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Says whether all servers of Redis answer, until `stop`.
pub(crate) async fn redis(state: State, health: Health, stop: CancellationToken) {
    let mut asks = interval(ASK_EVERY);
    asks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let asking = async {
        loop {
            asks.tick().await;
            match state.windows.servers().await {
                Ok(_) => health.succeeded(),
                Err(away) => health.down(away.to_string()),
            }
        }
    };
    stop.run_until_cancelled(asking).await;
}
