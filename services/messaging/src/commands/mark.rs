use nova_ids::{ConversationId, UserId};
use sqlx::PgConnection;

use super::entering::stand;
use crate::domain::Marks;
use crate::error::Error;
use crate::store;

/// Notes how far somebody has read. It never goes back. Others are told by `tell_marks`.
///
/// # Errors
/// When they are not in the conversation, when there is no such message yet, and when the database fails.
pub async fn mark_read(
    tx: &mut PgConnection,
    user: UserId,
    id: ConversationId,
    marks: Marks,
) -> Result<(), Error> {
    marks.check(stand(tx, user, id).await?.sequence)?;
    store::marks::advance(tx, id, user, marks).await?;
    Ok(())
}

/// Notes how far somebody's devices say that they are: no further than there are messages, and nothing of who is not there
/// any more. Nobody is to be told that it was refused: they would say it again.
///
/// # Errors
/// When the database fails.
pub async fn report_marks(
    tx: &mut PgConnection,
    user: UserId,
    id: ConversationId,
    marks: Marks,
) -> Result<(), Error> {
    let standing = match stand(tx, user, id).await {
        Ok(standing) => standing,
        Err(refused) if refused.is_a_refusal() => return Ok(()),
        Err(failed) => return Err(failed),
    };
    store::marks::advance(tx, id, user, marks.up_to(standing.sequence)).await?;
    Ok(())
}
