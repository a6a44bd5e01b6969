use nova_event_bus::Outbox;
use nova_ids::{ConversationId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::entering::{conclude, lock, stand};
use crate::error::Error;

/// Removes a member of a `GROUP`, or lets one leave a conversation: they see nothing of it any more.
///
/// # Errors
/// When the actor is not in it, when they may not, when there is no such member, and when the database fails.
pub async fn remove_member(
    tx: &mut PgConnection,
    outbox: &Outbox,
    actor: UserId,
    id: ConversationId,
    user: UserId,
) -> Result<(), Error> {
    stand(tx, actor, id).await?;
    let mut conversation = lock(tx, actor, id).await?;
    let change = conversation.remove(actor, user, OffsetDateTime::now_utc())?;
    conclude(tx, outbox, &conversation, &change).await
}
