use nova_ids::UserId;

use crate::domain::ConversationId;
use crate::error::Error;
use crate::state::State;
use crate::store::members;
use crate::store::notice::Notice;

/// Shows the others in a conversation that somebody types there, or has stopped. Who is not told now is told of the next.
///
/// # Errors
/// When the database fails.
pub async fn show_typing(
    state: &State,
    user: UserId,
    conversation: ConversationId,
    active: bool,
) -> Result<(), Error> {
    let members = members::of(&state.database.pool, conversation).await?;
    let notice = Notice::typing(conversation, user, active);
    super::tell::everywhere(state, &members, notice).await;
    Ok(())
}
