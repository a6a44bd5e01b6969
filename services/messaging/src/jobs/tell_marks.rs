use std::time::Duration;

use nova_service::postgres::within;
use nova_service::rounds::rounds;
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::error::Error;
use crate::state::State;

/// What comes due, or what another process has left, is found after this time.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Tells members how far others have come, each of them once a second, until `stop`. Replicas share the work.
pub(crate) async fn tell_marks(state: State, stop: CancellationToken) {
    rounds(stop, Some(&state.marks), "marks wait", || round(&state)).await;
}

async fn round(state: &State) -> Result<Duration, Error> {
    let told = async {
        let mut tx = state.database.pool.begin().await?;
        let told = commands::tell_marks(&mut tx, &state.outbox).await;
        Ok(match told {
            Ok(told) => state.commit(tx).await.map(|()| told),
            failed => failed,
        })
    };
    let more = within(state.database.deadline, told).await??;
    Ok(if more { Duration::ZERO } else { LOOK_EVERY })
}
