use std::time::Duration;

use nova_event_bus::dead_letter::purge_mentions;
use nova_ids::UserId;
use nova_resilience::Chain;
use nova_service::postgres::within;
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::error::Error;
use crate::state::State;
use crate::store::leaving;

/// How often is looked for accounts whose time is over.
const EVERY: Duration = Duration::from_secs(1);

/// How many of them are read at a time.
const BATCH: i64 = 100;

/// Ends accounts whose time is over, until `stop`.
pub(crate) async fn erase_accounts(state: State, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        match stop.run_until_cancelled(Box::pin(once(&state))).await {
            None => return,
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::warn!(error = %Chain(&error), "could not end accounts"),
        }
    }
}

/// One that fails is tried again the next time, and holds nobody up.
async fn once(state: &State) -> Result<(), Error> {
    let (pool, deadline) = (&state.database.pool, state.database.deadline);
    for user in within(deadline, leaving::over(pool, BATCH)).await? {
        if let Err(error) = Box::pin(end(state, user)).await {
            tracing::warn!(error = %Chain(&error), %user, "could not end an account");
        }
    }
    Ok(())
}

async fn end(state: &State, user: UserId) -> Result<(), Error> {
    // Before it is done, as nobody comes back to it after.
    purge_mentions(&state.database.pool, &user.to_string(), "erasure").await?;
    let ended = Box::pin(async {
        let mut tx = state.begin().await?;
        commands::erase_account(&mut tx, &state.outbox, state.username_quarantine, user).await?;
        state.commit(tx).await
    });
    within(state.database.deadline, async { Ok(ended.await) }).await?
}
