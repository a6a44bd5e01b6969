use std::time::Duration;

use prost::Message as _;
use tokio_util::sync::CancellationToken;

use crate::state::State;
use crate::store::notice::Notice;

/// Nothing is tried for so long after Redis failed.
const REST: Duration = Duration::from_millis(250);

/// Takes what other nodes tell, until `stop`.
pub(crate) async fn receive(state: State, stop: CancellationToken) {
    loop {
        let notices = match stop.run_until_cancelled(state.routes.next()).await {
            None => return,
            Some(Ok(notices)) => {
                state.redis.succeeded();
                notices
            }
            Some(Err(away)) => {
                state.redis.down(away.to_string());
                if stop
                    .run_until_cancelled(tokio::time::sleep(REST))
                    .await
                    .is_none()
                {
                    return;
                }
                continue;
            }
        };
        for notice in notices {
            match Notice::decode(notice.as_slice()) {
                Ok(notice) => state.take(notice),
                Err(error) => {
                    tracing::debug!(%error, "a notice cannot be read, and is found in Postgres")
                }
            }
        }
    }
}
