use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use nova_ids::UserId;
use nova_service::postgres::within;
use nova_service::rounds::rounds;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::error::Error;
use crate::metrics;
use crate::state::State;
use crate::store::{blocks, latest, members};

/// What nobody tells of is found within this time.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A look takes milliseconds; one that takes so long has lost its server.
const DEADLINE: Duration = Duration::from_secs(5);

/// Looks into Postgres for what this node was not told, until `stop`.
pub(crate) async fn look(state: State, stop: CancellationToken) {
    // Before the first look there are no sockets that could have missed anything, but for the moment until it.
    let since = AtomicI64::new(0);
    rounds(stop, None, "what other nodes did not tell", || {
        round(&state, &since)
    })
    .await;
}

async fn round(state: &State, since: &AtomicI64) -> Result<Duration, Error> {
    let pool = &state.database.pool;
    let now = within(DEADLINE, latest::horizon(pool)).await?;
    let before = since.load(Ordering::Relaxed);
    if before > 0 {
        let found = within(DEADLINE, latest::since(pool, before, state.node)).await?;
        apply(state, found).await?;
    }
    // Only now: what could not be taken in is looked at again.
    since.store(now, Ordering::Relaxed);
    Ok(LOOK_EVERY)
}

async fn apply(state: &State, found: latest::Latest) -> Result<(), Error> {
    let pool = &state.database.pool;
    let unknown = state.hub.found(&found.changes);
    if !unknown.is_empty() {
        let here: Vec<Uuid> = state.hub.users().iter().map(|user| user.uuid()).collect();
        let joined = within(DEADLINE, members::among(pool, &unknown, &here)).await?;
        state.hub.joined(&joined);
    }
    for mark in found.marks {
        state.hub.mark(mark);
    }
    for rejection in found.rejections {
        state.take_rejection(&rejection);
    }
    for (one, other) in found.blocks {
        let (one, other) = (UserId::from(one), UserId::from(other));
        if state.hub.holds(one) || state.hub.holds(other) {
            let is_between = within(DEADLINE, blocks::is_between(pool, one, other)).await?;
            state.hub.block(one, other, is_between);
        }
    }
    for user in found.gone {
        state.hub.gone(user.into());
    }
    if let Some(number) = found.canary {
        state.hub.canary(state.node, number);
    }
    metrics::changes("looks", 1);
    Ok(())
}
