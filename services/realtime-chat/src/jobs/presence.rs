use std::sync::Arc;
use std::time::Duration;

use nova_ids::UserId;
use nova_resilience::Chain;
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::error::Error;
use crate::state::{Hub, Socket, State};
use crate::store::routes::Presence;

/// Who comes is seen within this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Tells who watches whether who is there, until `stop`. Leases are asked, not told of: a node that died says nothing.
pub(crate) async fn presence(state: State, stop: CancellationToken) {
    loop {
        if stop
            .run_until_cancelled(tokio::time::sleep(LOOK_EVERY))
            .await
            .is_none()
        {
            return;
        }
        match stop.run_until_cancelled(round(&state)).await {
            None => return,
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::debug!(error = %Chain(&error), "presence is not known");
            }
        }
    }
}

async fn round(state: &State) -> Result<(), Error> {
    let users = state.hub.watched();
    if users.is_empty() {
        return Ok(());
    }
    let presences = state.routes.presence(&users).await?;
    for (user, presence) in users.iter().zip(presences) {
        for socket in state.hub.presence_news(*user, presence) {
            tell(state, &socket, *user, presence).await?;
        }
    }
    Ok(())
}

/// Only who still shares a conversation is told.
async fn tell(
    state: &State,
    socket: &Arc<Socket>,
    user: UserId,
    presence: Presence,
) -> Result<(), Error> {
    let shares = commands::watch_presence(state, socket.user_id, &[user]).await?;
    if shares.is_empty() {
        state.hub.unwatch(socket, &[user]);
    } else {
        Hub::show_presence(socket, user, presence);
    }
    Ok(())
}
