use nova_event_bus::Outbox;
use nova_ids::UserId;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::accept_waiting::accept_waiting;
use crate::domain::{Account, ProfileChange};
use crate::error::Error;
use crate::{events, store};

/// Changes a user's own profile and answers the whole of it. A change that changes nothing leaves no trace.
///
/// One who is no longer locked accepts those who asked: the first of them here, and the rest, if there is one, in
/// [`accept_waiting`] after [`accept_waiting`]. One who is locked again before the end accepts no more.
///
/// Nobody else gets a username that was given up until `quarantine` is over.
///
/// # Errors
/// When the new username is taken or reserved, when the account is not there, and when the database fails.
pub async fn update_profile(
    tx: &mut PgConnection,
    outbox: &Outbox,
    follow_limit: u32,
    quarantine: Duration,
    user: UserId,
    change: ProfileChange,
) -> Result<Account, Error> {
    let account = store::users::find_account_for_update(tx, user).await?;
    let account = account.ok_or(Error::UnknownCaller)?;
    let now = OffsetDateTime::now_utc();
    let Some(changed) = change.apply(&account.user, now)? else {
        return Ok(account);
    };
    store::users::update(tx, &changed).await?;
    let before = &account.user.username;
    if !before.eq_ignore_ascii_case(&changed.username) {
        store::usernames::give_up(tx, user, before, now + quarantine).await?;
    }
    outbox
        .append(tx, &events::user_profile_updated(&changed))
        .await?;
    match (account.user.locked, changed.locked) {
        (false, true) => store::follow_requests::forget_unlock(tx, user).await?,
        (true, false) => {
            accept_waiting(tx, outbox, follow_limit, user).await?;
        }
        _ => {}
    }
    Ok(Account {
        user: changed,
        ..account
    })
}
