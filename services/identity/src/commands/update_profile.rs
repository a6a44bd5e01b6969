use nova_event_bus::Outbox;
use nova_ids::UserId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Account, ProfileChange};
use crate::error::Error;
use crate::{events, store};

/// Changes a user's own profile and answers the whole of it. A change that changes nothing leaves no trace.
///
/// # Errors
/// When the new username is taken or reserved, when the account is not there, and when the database fails.
pub async fn update_profile(
    tx: &mut PgConnection,
    outbox: &Outbox,
    user: UserId,
    change: ProfileChange,
) -> Result<Account, Error> {
    let account = store::users::find_account_for_update(tx, user).await?;
    let account = account.ok_or(Error::UnknownCaller)?;
    let Some(changed) = change.apply(&account.user, OffsetDateTime::now_utc())? else {
        return Ok(account);
    };
    store::users::update(tx, &changed).await?;
    outbox
        .append(tx, &events::user_profile_updated(&changed))
        .await?;
    Ok(Account {
        user: changed,
        ..account
    })
}
