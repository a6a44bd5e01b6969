use std::time::Duration;

use nova_event_bus::dead_letter::purge_mentions;
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
            Some(Err(error)) => tracing::warn!(error = %Chain(&error), "could not end an account"),
        }
    }
}

async fn once(state: &State) -> Result<(), Error> {
    let (pool, deadline) = (&state.database.pool, state.database.deadline);
    for user in within(deadline, leaving::over(pool, BATCH)).await? {
        // Before it is done, as nobody comes back to it after.
        purge_mentions(pool, &user.to_string(), "erasure").await?;
        let ended = async { Ok(end(state, user).await) };
        within(deadline, ended).await??;
    }
    Ok(())
}

async fn end(state: &State, user: nova_ids::UserId) -> Result<(), Error> {
    let mut tx = state.begin().await?;
    commands::erase_account(&mut tx, &state.outbox, user).await?;
    state.commit(tx).await
}
