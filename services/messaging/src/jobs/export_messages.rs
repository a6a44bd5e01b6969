use std::time::Duration;

use nova_service::postgres::within;
use nova_service::rounds::rounds;
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::error::Error;
use crate::state::State;

/// What is to be told is looked for again after this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// After each part, so that what others publish goes first: ten megabytes a second, whatever somebody has said.
const REST: Duration = Duration::from_millis(50);

/// Tells users what is kept of them, a part at a time, until `stop`. Replicas share the work.
pub(crate) async fn export_messages(state: State, stop: CancellationToken) {
    rounds(stop, None, "exports wait", || round(&state)).await;
}

async fn round(state: &State) -> Result<Duration, Error> {
    let told = async {
        let mut tx = state.database.pool.begin().await?;
        let told = commands::export_messages(&mut tx, &state.outbox).await;
        Ok(match told {
            Ok(told) => state.commit(tx).await.map(|()| told),
            failed => failed,
        })
    };
    let told = within(state.database.deadline, told).await??;
    Ok(if told { REST } else { LOOK_EVERY })
}
