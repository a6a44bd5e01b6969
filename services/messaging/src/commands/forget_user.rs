use nova_event_bus::Tables;
use nova_event_bus::dead_letter::purge_mentions;
use nova_ids::UserId;

use crate::error::Error;

/// Takes out what lies outside of this service's own tables of a user who is gone for good: dead letters about them.
///
/// # Errors
/// When the database fails; it is tried again then.
pub async fn forget_user(tables: &Tables, user: UserId) -> Result<(), Error> {
    purge_mentions(tables.clone(), &user.to_string(), "erasure").await?;
    Ok(())
}
