use std::time::Duration;

use nova_ids::UserId;
use nova_resilience::Chain;
use nova_service::postgres::within;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::commands::{self, Waiting};
use crate::error::Error;
use crate::state::State;
use crate::store::follow_requests;

/// How often is looked for users who are no longer locked and have not accepted all who asked.
const EVERY: Duration = Duration::from_secs(1);

/// How many of them are read at a time.
const PAGE: i64 = 100;

/// Accepts what a user who is no longer locked has not accepted at once, because it was much or because others were at
/// work on it, until `stop`.
pub(crate) async fn accept_waiting(state: State, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        if let Err(error) = accept_of_all(&state, &stop).await {
            tracing::warn!(error = %Chain(&error), "could not accept requests to follow");
        }
    }
}

/// A batch of each user, again and again, until nobody has any but those at which others are at work.
async fn accept_of_all(state: &State, stop: &CancellationToken) -> Result<(), Error> {
    loop {
        let mut more = false;
        let mut after = UserId::from(Uuid::nil());
        while let Some(users) = page(state, after).await? {
            for user in users {
                if stop.is_cancelled() {
                    return Ok(());
                }
                let accepted = async { Ok(accept_of(state, user).await) };
                more |= within(state.database.deadline, accepted).await?? == Waiting::More;
                after = user;
            }
        }
        if !more {
            return Ok(());
        }
    }
}

async fn page(state: &State, after: UserId) -> Result<Option<Vec<UserId>>, Error> {
    let users = follow_requests::unlocks(&state.database.pool, after, PAGE);
    let users = within(state.database.deadline, users).await?;
    Ok((!users.is_empty()).then_some(users))
}

async fn accept_of(state: &State, user: UserId) -> Result<Waiting, Error> {
    let mut tx = state.begin().await?;
    if !follow_requests::hold_unlock(&mut tx, user).await? {
        return Ok(Waiting::Busy);
    }
    let waiting =
        commands::accept_waiting(&mut tx, &state.outbox, state.follow_limit, user).await?;
    state.commit(tx).await?;
    Ok(waiting)
}
