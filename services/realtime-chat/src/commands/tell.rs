//! Brings what has happened to the nodes that hold those whom it concerns. Redis may be away: those nodes look into
//! Postgres, and find it there.

use nova_ids::UserId;
use prost::Message as _;

use crate::domain::{ConversationId, MarkState};
use crate::error::Error;
use crate::state::State;
use crate::store::notice::Notice;
use crate::store::{blocks, changes, members};

/// Tells those who hold members of a change.
///
/// # Errors
/// When the database fails.
pub async fn tell_change(state: &State, id: ConversationId, position: i64) -> Result<(), Error> {
    let pool = &state.database.pool;
    // As it may be shown now, which is not what was recorded if its sender has gone meanwhile.
    let Some((change, mut users)) = changes::one(pool, id, position).await? else {
        return Ok(());
    };
    users.extend(change.removed.iter().copied());
    everywhere(state, &users, Notice::change(&change)).await;
    Ok(())
}

/// Tells those who hold members how far somebody is.
///
/// # Errors
/// When the database fails.
pub async fn tell_mark(state: &State, mark: MarkState) -> Result<(), Error> {
    let users = members::of(&state.database.pool, mark.conversation_id).await?;
    everywhere(state, &users, Notice::mark(mark)).await;
    Ok(())
}

/// Tells those who hold its sender of what was not taken.
///
/// # Errors
/// Never today: it is like the others.
pub async fn tell_rejection(state: &State, user: UserId, payload: Vec<u8>) -> Result<(), Error> {
    everywhere(state, &[user], Notice::rejected(payload)).await;
    Ok(())
}

/// Tells those who hold one of a pair whether one blocks the other.
///
/// # Errors
/// When the database fails.
pub async fn tell_block(state: &State, one: UserId, other: UserId) -> Result<(), Error> {
    let is_between = blocks::is_between(&state.database.pool, one, other).await?;
    everywhere(state, &[one, other], Notice::block(one, other, is_between)).await;
    Ok(())
}

/// Tells those who hold a user that the account is gone.
///
/// # Errors
/// Never today: it is like the others.
pub async fn tell_gone(state: &State, user: UserId) -> Result<(), Error> {
    everywhere(state, &[user], Notice::gone(user)).await;
    Ok(())
}

/// Tells this node, and the others that hold one of the users.
pub(super) async fn everywhere(state: &State, users: &[UserId], notice: Notice) {
    let bytes = notice.encode_to_vec();
    state.take(notice);
    let told = async {
        let nodes = state.routes.nodes_of(users).await?;
        state.routes.push(&nodes, &bytes).await
    };
    if let Err(away) = told.await {
        tracing::debug!(error = %away, "other nodes find it in Postgres");
    }
}
