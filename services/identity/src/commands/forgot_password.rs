use nova_event_bus::Outbox;
use nova_ids::UserId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{EmailAddress, Purpose};
use crate::error::Error;
use crate::{events, store};

/// Has a mail sent to whoever has an account with that address. For an address that nobody has, the same is done for
/// a user who is nobody, so that neither the answer nor the time it takes tells which it was.
///
/// # Errors
/// When the database fails.
pub async fn forgot_password(
    tx: &mut PgConnection,
    outbox: &Outbox,
    email: &EmailAddress,
) -> Result<(), Error> {
    let found = store::users::find_by_email(tx, email).await?;
    let user = found.unwrap_or_else(UserId::new);
    let mail = events::mail_requested(user, Purpose::ResetPassword, OffsetDateTime::now_utc());
    outbox.append(tx, &mail).await?;
    Ok(())
}
