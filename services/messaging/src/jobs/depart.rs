use std::time::Duration;

use nova_service::postgres::within;
use nova_service::rounds::rounds;
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::error::Error;
use crate::state::State;

/// Who departs is looked for again after this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Takes those who are gone for good out of their conversations, some messages at a time, until `stop`. Replicas share the
/// work.
pub(crate) async fn depart(state: State, stop: CancellationToken) {
    rounds(stop, None, "departures wait", || round(&state)).await;
}

async fn round(state: &State) -> Result<Duration, Error> {
    let departed = async {
        let mut tx = state.database.pool.begin().await?;
        let departed = commands::depart(&mut tx, &state.outbox).await;
        Ok(match departed {
            Ok(departed) => state.commit(tx).await.map(|()| departed),
            failed => failed,
        })
    };
    let more = within(state.database.deadline, departed).await??;
    Ok(if more { Duration::ZERO } else { LOOK_EVERY })
}
