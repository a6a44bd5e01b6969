use std::time::Duration;

use nova_ids::UserId;
use nova_service::redis::Away;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::state::State;
use crate::store::routes::RENEW_EVERY;

/// An empty Redis knows this node's users again within this time.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Keeps the leases of this node's users as long as they are here, until `stop`.
pub(crate) async fn lease(state: State, stop: CancellationToken) {
    let mut renewed = Instant::now();
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        let kept = tokio::select! {
            () = stop.cancelled() => break,
            () = state.left.some() => tell_left(&state).await,
            _ = look.tick() => keep(&state, &mut renewed).await,
        };
        if let Err(away) = kept {
            tracing::debug!(error = %away, "leases are not renewed");
        }
    }
    state.sessions.wait().await;
    if let Err(away) = tell_left(&state).await {
        tracing::debug!(error = %away, "leases end by themselves");
    }
}

/// Renews all leases if it is time to, or Redis has lost them.
async fn keep(state: &State, renewed: &mut Instant) -> Result<(), Away> {
    let was_forgotten = state.routes.was_forgotten().await?;
    tell_left(state).await?;
    if was_forgotten || renewed.elapsed() >= RENEW_EVERY {
        hold(state, &state.hub.users()).await?;
        *renewed = Instant::now();
    }
    Ok(())
}

/// Tells Redis of those who have fewer sockets than it knows of, or none.
async fn tell_left(state: &State) -> Result<(), Away> {
    let users = state.left.take();
    let told = hold(state, &users).await;
    if told.is_err() {
        state.left.put_back(users);
    }
    told
}

/// Tells Redis how many sockets these users have here.
async fn hold(state: &State, users: &[UserId]) -> Result<(), Away> {
    state.routes.lease(&state.hub.counts(users)).await?;
    // Whoever left until now; and whoever came back until that was told.
    let gone: Vec<UserId> = users
        .iter()
        .copied()
        .filter(|user| !state.hub.holds(*user))
        .collect();
    state.routes.release(&gone).await?;
    state.routes.lease(&state.hub.counts(&gone)).await
}
