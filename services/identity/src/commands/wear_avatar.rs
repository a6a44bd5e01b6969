use nova_event_bus::Outbox;
use nova_ids::{MediaId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::Error;
use crate::{events, store};

/// Gives a user the picture that they have uploaded, unless a later one is known.
///
/// # Errors
/// When the database fails.
pub async fn wear_avatar(
    tx: &mut PgConnection,
    outbox: &Outbox,
    user: UserId,
    medium: MediaId,
    url: &str,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    if let Some(changed) = store::avatars::wear(tx, user, medium, url, now).await? {
        outbox
            .append(tx, &events::user_profile_updated(&changed))
            .await?;
    }
    Ok(())
}
