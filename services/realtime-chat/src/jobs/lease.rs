use std::time::Duration;

use nova_ids::UserId;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::state::State;
use crate::store::routes::RENEW_EVERY;

/// An empty Redis knows this node's users again within this time.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Renews the leases of this node's users, until `stop`.
pub(crate) async fn lease(state: State, stop: CancellationToken) {
    let mut renewed = Instant::now();
    loop {
        if stop
            .run_until_cancelled(tokio::time::sleep(LOOK_EVERY))
            .await
            .is_none()
        {
            return;
        }
        let forgotten = match stop.run_until_cancelled(state.routes.was_forgotten()).await {
            None => return,
            Some(forgotten) => forgotten,
        };
        let is_due = renewed.elapsed() >= RENEW_EVERY;
        match forgotten {
            Ok(was_forgotten) if was_forgotten || is_due => {}
            Ok(_) => continue,
            Err(away) => {
                tracing::debug!(error = %away, "leases are not renewed");
                continue;
            }
        }
        let users: Vec<UserId> = state.hub.users();
        if let Err(away) = state.routes.lease(&users).await {
            tracing::debug!(error = %away, "leases are not renewed");
            continue;
        }
        // Who left meanwhile is not held.
        let gone: Vec<UserId> = users
            .into_iter()
            .filter(|user| !state.hub.holds(*user))
            .collect();
        if let Err(away) = state.routes.release(&gone).await {
            tracing::debug!(error = %away, "leases end by themselves");
        }
        renewed = Instant::now();
    }
}
