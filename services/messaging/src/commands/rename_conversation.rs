use nova_event_bus::Outbox;
use nova_ids::{ConversationId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::entering::{conclude, lock, stand};
use crate::domain::Title;
use crate::error::Error;

/// Gives a `GROUP` another title, or none. One that it has already leaves no trace.
///
/// # Errors
/// When the actor is not in it, when they may not, of a `DIRECT`, and when the database fails.
pub async fn rename_conversation(
    tx: &mut PgConnection,
    outbox: &Outbox,
    actor: UserId,
    id: ConversationId,
    title: Option<Title>,
) -> Result<(), Error> {
    stand(tx, actor, id).await?;
    let mut conversation = lock(tx, actor, id).await?;
    match conversation.rename(actor, title, OffsetDateTime::now_utc())? {
        Some(change) => conclude(tx, outbox, &conversation, &change).await,
        None => Ok(()),
    }
}
