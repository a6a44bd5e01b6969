use nova_resilience::Chain;
use nova_service::postgres::within;
use tokio_util::sync::CancellationToken;

use crate::domain::{ConversationId, Stretch};
use crate::metrics;
use crate::state::{Behind, State};
use crate::store::changes;

/// Most changes that are loaded at once.
const PAGE: i64 = 1_000;

/// Loads what this node has missed of conversations, until `stop`.
pub(crate) async fn catch_up(state: State, mut behind: Behind, stop: CancellationToken) {
    while let Some(Some(id)) = stop.run_until_cancelled(behind.recv()).await {
        if let Some(outcome) = stop.run_until_cancelled(load(&state, id)).await
            && let Err(error) = outcome
        {
            // The next look finds it again.
            tracing::warn!(error = %Chain(&error), "what was missed could not be loaded");
        }
    }
    stop.cancelled().await;
}

async fn load(state: &State, id: ConversationId) -> sqlx::Result<()> {
    let (pool, deadline) = (&state.database.pool, state.database.deadline);
    while let Some(at) = state.hub.at(id) {
        let stretch = Stretch {
            id,
            after: at,
            to: at.saturating_add(PAGE),
        };
        let found = within(deadline, changes::of(pool, &[stretch])).await?;
        state.hub.caught_up(id, &found);
        metrics::changes("found", found.len() as u64);
        if i64::try_from(found.len()).unwrap_or(PAGE) < PAGE {
            return Ok(());
        }
    }
    Ok(())
}
