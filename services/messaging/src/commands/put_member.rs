use nova_event_bus::Outbox;
use nova_ids::{ConversationId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::entering::{conclude, lock, stand};
use crate::domain::Role;
use crate::error::Error;
use crate::store;

/// Adds somebody to a `GROUP`, or gives a member another role. What is so already leaves no trace.
///
/// # Errors
/// When the actor is not in it, when they may not, when the one who is to be added is not there or one of the two has
/// blocked the other, when it is full, of a `DIRECT`, and when the database fails.
pub async fn put_member(
    tx: &mut PgConnection,
    outbox: &Outbox,
    actor: UserId,
    id: ConversationId,
    user: UserId,
    role: Option<Role>,
) -> Result<(), Error> {
    stand(tx, actor, id).await?;
    let mut conversation = lock(tx, actor, id).await?;
    let Some(change) = conversation.put(actor, user, role, OffsetDateTime::now_utc())? else {
        return Ok(());
    };
    if !change.added.is_empty() {
        let company = store::accounts::company(tx, actor, &change.added).await?;
        if !company.are_there {
            return Err(Error::NoSuchUser);
        }
        if company.is_blocked {
            return Err(Error::Blocked);
        }
    }
    conclude(tx, outbox, &conversation, &change).await
}
