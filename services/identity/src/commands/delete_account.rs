use nova_ids::UserId;
use nova_service::http::ClientAddress;
use nova_service::tokens::Caller;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::must_be_there::must_be_there;
use super::prove_password::prove_password;
use crate::domain::{Password, PasswordHash};
use crate::error::Error;
use crate::metrics::{self, Attempt};
use crate::state::State;
use crate::{events, store};

/// Someone who has proven that it is they who want to leave. Only [`prepare_account_deletion`] makes one.
pub struct PreparedDeletion {
    user: UserId,
    current: PasswordHash,
}

/// Checks the password of someone who wants to leave; guesses are counted as those of sign-ins are.
///
/// # Errors
/// When the password is wrong, when too many were tried, when too many are being checked, when the account is not
/// there, and when the database fails.
pub async fn prepare_account_deletion(
    state: &State,
    caller: Caller,
    address: ClientAddress,
    password: Password,
) -> Result<PreparedDeletion, Error> {
    let proven = prove_password(state, caller, address, password).await;
    let current = proven.inspect_err(|error| match error {
        Error::WrongPassword => metrics::account_deleted(Attempt::Refused),
        Error::TooMany(_) => metrics::account_deleted(Attempt::Throttled),
        _ => {}
    })?;
    Ok(PreparedDeletion {
        user: caller.user_id,
        current,
    })
}

/// Hides an account from everybody and ends its sessions. Until its grace is over, signing in brings it back.
///
/// # Errors
/// When the password was changed or the account left in the meantime, and when the database fails.
pub async fn delete_account(
    tx: &mut PgConnection,
    state: &State,
    prepared: PreparedDeletion,
) -> Result<(), Error> {
    let PreparedDeletion { user, current } = prepared;
    let now = OffsetDateTime::now_utc().truncate_to_millisecond();
    let hidden = store::leaving::hide(tx, user, &current, now, state.account_grace).await?;
    let Some((revision, kept_until)) = hidden else {
        must_be_there(tx, user).await?;
        return Err(Error::WrongPassword);
    };
    store::sessions::delete_all(tx, user).await?;
    let event = events::user_deactivated(user, now, kept_until, revision);
    state.outbox.append(tx, &event).await?;
    metrics::account_deleted(Attempt::Accepted);
    Ok(())
}
