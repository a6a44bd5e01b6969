use nova_ids::{ConversationId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::entering::stand;
use crate::error::Error;
use crate::store;

/// Notes until when somebody wants not to be disturbed by a conversation, or that they want to be again. It is theirs alone:
/// nobody is told.
///
/// # Errors
/// When they are not in it, and when the database fails.
pub async fn mute_conversation(
    tx: &mut PgConnection,
    user: UserId,
    id: ConversationId,
    until: Option<OffsetDateTime>,
) -> Result<(), Error> {
    stand(tx, user, id).await?;
    if store::members::mute(tx, id, user, until).await? {
        Ok(())
    } else {
        Err(Error::NoSuchConversation)
    }
}
