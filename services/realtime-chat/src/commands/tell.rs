//! Brings what has happened to the nodes that hold those whom it concerns. Redis may be away: those nodes look into
//! Postgres, and find it there.

use nova_ids::UserId;
use prost::Message as _;

use crate::domain::{ConversationId, MarkState};
use crate::error::Error;
use crate::state::State;
use crate::store::notice::Notice;
use crate::store::{blocks, changes, members};

/// Tells those who hold members of changes, each by its conversation and position.
///
/// # Errors
/// When the database fails.
pub async fn tell_changes(state: &State, places: &[(ConversationId, i64)]) -> Result<(), Error> {
    // As they may be shown now, which is not what was recorded if a sender has gone meanwhile.
    let found = changes::with_members(&state.database.pool, places).await?;
    let notices = found.into_iter().map(|(change, mut users)| {
        users.extend(change.removed.iter().copied());
        (users, Notice::change(&change))
    });
    all_everywhere(state, notices.collect()).await;
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
    all_everywhere(state, vec![(users.to_vec(), notice)]).await;
}

/// The same of many, in two round trips.
async fn all_everywhere(state: &State, notices: Vec<(Vec<UserId>, Notice)>) {
    let (users, notices): (Vec<Vec<UserId>>, Vec<Notice>) = notices.into_iter().unzip();
    let bytes: Vec<Vec<u8>> = notices.iter().map(Notice::encode_to_vec).collect();
    notices.into_iter().for_each(|notice| state.take(notice));
    let told = async {
        let nodes = state.routes.nodes_of(&users).await?;
        state.routes.push(nodes.iter().zip(&bytes)).await
    };
    if let Err(away) = told.await {
        tracing::debug!(error = %away, "other nodes find it in Postgres");
    }
}
