use nova_ids::UserId;

use crate::error::Error;
use crate::state::State;
use crate::store::members;

/// Those of the users whose presence this one may be told: they share a conversation.
///
/// # Errors
/// When the database fails.
pub async fn watch_presence(
    state: &State,
    user: UserId,
    others: &[UserId],
) -> Result<Vec<UserId>, Error> {
    Ok(members::who_share(&state.database.pool, user, others).await?)
}
