use nova_event_bus::Outbox;
use nova_ids::UserId;
use nova_service::erasure;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::error::Error;
use crate::{events, store};

/// Ends an account whose time is over, for good: nobody signs in to it any more, its username is free after
/// `quarantine`, its address at once, and everybody who keeps something of it hears that it is to be erased. Not when it is back.
///
/// # Errors
/// When the database fails.
pub async fn erase_account(
    tx: &mut PgConnection,
    outbox: &Outbox,
    quarantine: Duration,
    user: UserId,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    if let Some(revision) = store::leaving::retire(tx, user, now + quarantine).await? {
        let event = events::user_deleted(user, now, revision);
        outbox.append(tx, &event).await?;
        erasure::begin(tx, user).await?;
    }
    Ok(())
}
