use std::time::Duration;

use nova_service::postgres::within;
use nova_service::rounds::rounds;
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::error::Error;
use crate::state::State;

/// What nobody wants any more is looked for again after this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Ends uploads that do not become whole, and deletes media that no post shows, until `stop`. Replicas share the work.
pub(crate) async fn sweep(state: State, stop: CancellationToken) {
    let waits = "what nobody wants any more stays";
    rounds(stop, None, waits, || round(&state)).await;
}

async fn round(state: &State) -> Result<Duration, Error> {
    let config = &state.config;
    let swept = async {
        let mut tx = state.database.pool.begin().await?;
        let swept = async {
            let uploads = commands::sweep_uploads(&mut tx, config.upload_ttl).await?;
            let media = commands::sweep_media(&mut tx, &state.outbox, config.unclaimed_ttl).await?;
            Ok(uploads || media)
        };
        Ok(match swept.await {
            Ok(swept) => state.commit(tx).await.map(|()| swept),
            failed => failed,
        })
    };
    let more = within(state.database.deadline, swept).await??;
    Ok(if more { Duration::ZERO } else { LOOK_EVERY })
}
