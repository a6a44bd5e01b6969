use sqlx::PgConnection;
use time::OffsetDateTime;

use super::begin_session::begin_session;
use crate::domain::{Account, Device, Login, PasswordHash, SignedIn};
use crate::error::Error;
use crate::events;
use crate::metrics::{self, Attempt};
use crate::state::State;
use crate::store::leaving;
use crate::store::users::{self, Credentials};

/// Someone who has proven with the password who they are. Only [`check_credentials`] makes one.
pub struct Proven {
    account: Account,
    password_hash: PasswordHash,
}

/// Checks a name and a password. An account that is not there takes as long as a wrong password and is
/// answered the same.
///
/// # Errors
/// When they do not belong together, when too many passwords are being checked, and when the database
/// fails.
pub async fn check_credentials(state: &State, login: Login) -> Result<Proven, Error> {
    let found = users::find_credentials(&state.database.pool, &login.name).await?;
    let hash = found.as_ref().map(|found| found.password_hash.clone());
    let matches = state.passwords.matches(hash, login.password).await?;
    match found {
        Some(Credentials {
            account,
            password_hash,
        }) if matches => Ok(Proven {
            account,
            password_hash,
        }),
        _ => {
            metrics::signed_in(Attempt::Refused);
            Err(Error::InvalidCredentials)
        }
    }
}

/// Signs someone in; who had left is back by that. Whoever changes the password at the same time ends either this session or this attempt.
///
/// # Errors
/// When the password is no longer the one that was proven, and when the database fails.
pub async fn login(
    tx: &mut PgConnection,
    state: &State,
    proven: Proven,
    device: Device,
) -> Result<SignedIn, Error> {
    let Proven {
        account,
        password_hash,
    } = proven;
    // Before anything is looked at: who is leaving at this moment has left when the lock is had.
    if !users::keep_password(tx, account.user.id, &password_hash).await? {
        metrics::signed_in(Attempt::Refused);
        return Err(Error::InvalidCredentials);
    }
    if let Some(revision) = leaving::bring_back(tx, account.user.id).await? {
        let back = events::user_reactivated(account.user.id, OffsetDateTime::now_utc(), revision);
        state.outbox.append(tx, &back).await?;
    }
    let signed_in = begin_session(tx, state, account, device).await?;
    metrics::signed_in(Attempt::Accepted);
    Ok(signed_in)
}
