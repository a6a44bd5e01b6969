use nova_event_bus::Outbox;
use nova_ids::{MediaId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::Error;
use crate::{events, store};

/// Leaves a user without the picture that is gone, if they wear it. `path` is what its address ends with.
///
/// # Errors
/// When the database fails.
pub async fn take_off_avatar(
    tx: &mut PgConnection,
    outbox: &Outbox,
    user: UserId,
    medium: MediaId,
    path: &str,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    if let Some(changed) = store::avatars::take_off(tx, user, medium, path, now).await? {
        outbox
            .append(tx, &events::user_profile_updated(&changed))
            .await?;
    }
    Ok(())
}
