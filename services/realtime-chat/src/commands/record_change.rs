use nova_ids::UserId;
use sqlx::PgConnection;

use crate::domain::Change;
use crate::error::Error;
use crate::store::{changes, members};

/// Keeps a change for those who ask for it later, and, where it says so, who is in the conversation: each member with the
/// position with which they came.
///
/// # Errors
/// When the database fails.
pub async fn record_change(
    tx: &mut PgConnection,
    change: &Change,
    members: Option<&[(UserId, i64)]>,
) -> Result<(), Error> {
    if let Some(members) = members {
        members::save(tx, change.conversation_id, change.position, members).await?;
    }
    Ok(changes::save(tx, std::slice::from_ref(change)).await?)
}

/// Keeps changes that change nobody's membership.
///
/// # Errors
/// When the database fails.
pub async fn record_changes(tx: &mut PgConnection, changes: &[Change]) -> Result<(), Error> {
    Ok(changes::save(tx, changes).await?)
}
