use std::sync::Arc;
use std::time::Duration;

use nova_ids::UserId;
use nova_service::postgres::within;
use prost::Message as _;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::state::{Format, Socket, State};
use crate::store::canaries;
use crate::store::notice::Notice;

const EVERY: Duration = Duration::from_secs(2);
/// Longer than any look takes to come round.
const PATIENCE: Duration = Duration::from_secs(5);

/// Shows, until `stop`, whether what is written reaches this node's sockets: a socket of its own is told a number as
/// others are told a message, through Postgres and, by an odd one, through Redis.
pub(crate) async fn canary(state: State, stop: CancellationToken) {
    let socket = Arc::new(Socket::new(UserId::from(state.node), Format::Json));
    if state.hub.enter(&socket, Vec::new()).is_err() {
        stop.cancelled().await;
        return;
    }
    let mut number = 0;
    while stop
        .run_until_cancelled(round(&state, &socket, &mut number))
        .await
        .is_some()
    {}
    state.hub.leave(&socket);
}

async fn round(state: &State, socket: &Socket, number: &mut i64) {
    *number += 2;
    let written = canaries::write(&state.database.pool, state.node, *number);
    match within(PATIENCE, written).await {
        Err(error) => state.delivery.down(error.to_string()),
        Ok(()) if comes(socket, *number).await => state.delivery.succeeded(),
        Ok(()) => state
            .delivery
            .down(format!("what was written is not found within {PATIENCE:?}")),
    }
    let sung = Notice::canary(*number + 1).encode_to_vec();
    match state.routes.push_to_self(sung).await {
        Err(away) => state.redis.down(away.to_string()),
        Ok(()) if comes(socket, *number + 1).await => state.redis.succeeded(),
        Ok(()) => state
            .redis
            .down(format!("what was told does not come within {PATIENCE:?}")),
    }
    tokio::time::sleep(EVERY).await;
}

/// Whether this number comes, whatever else does.
async fn comes(socket: &Socket, number: i64) -> bool {
    let until = Instant::now() + PATIENCE;
    loop {
        let mut frames = socket.take().into_iter();
        if frames.any(|frame| *frame == number.to_be_bytes()) {
            return true;
        }
        if timeout_at(until, socket.woken()).await.is_err() {
            return false;
        }
    }
}
