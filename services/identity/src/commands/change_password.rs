use nova_service::http::ClientAddress;
use nova_service::tokens::Caller;
use sqlx::PgConnection;

use super::prove_password::prove_password;
use crate::domain::{PasswordChange, PasswordHash};
use crate::error::Error;
use crate::metrics::{self, Attempt};
use crate::state::State;
use crate::store;

/// Another password of someone who has proven the current one. Only [`prepare_password_change`] makes one.
pub struct PreparedChange {
    caller: Caller,
    current: PasswordHash,
    new: PasswordHash,
}

/// Checks the current password and hashes the new one. Guesses are counted as those of sign-ins are.
///
/// # Errors
/// When the current password is wrong, when too many were tried, when too many are being hashed, when the account is
/// not there, and when the database fails.
pub async fn prepare_password_change(
    state: &State,
    caller: Caller,
    address: ClientAddress,
    change: PasswordChange,
) -> Result<PreparedChange, Error> {
    let proven = prove_password(state, caller, address, change.current).await;
    let current = proven.inspect_err(|error| match error {
        Error::WrongPassword => metrics::password_changed(Attempt::Refused),
        Error::TooMany(_) => metrics::password_changed(Attempt::Throttled),
        _ => {}
    })?;
    Ok(PreparedChange {
        caller,
        current,
        new: state.passwords.hash(change.new).await?,
    })
}

/// Gives someone another password and ends their sessions, but for the one that asks. If that one has ended, as its
/// access token does not know, none is left.
///
/// # Errors
/// When the password was changed in the meantime, and when the database fails.
pub async fn change_password(tx: &mut PgConnection, prepared: PreparedChange) -> Result<(), Error> {
    let PreparedChange {
        caller,
        current,
        new,
    } = prepared;
    let user = caller.user_id;
    if !store::users::replace_password(tx, user, &current, &new).await? {
        metrics::password_changed(Attempt::Refused);
        return Err(Error::WrongPassword);
    }
    store::sessions::delete_others(tx, user, caller.session_id).await?;
    metrics::password_changed(Attempt::Accepted);
    Ok(())
}
