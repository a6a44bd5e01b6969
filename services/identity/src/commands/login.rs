use sqlx::PgConnection;

use super::begin_session::begin_session;
use crate::domain::{Account, Login, SignedIn};
use crate::error::Error;
use crate::metrics::{self, SignIn};
use crate::state::State;
use crate::store;

/// Someone who has proven with the password who they are. Only [`check_credentials`] makes one.
pub struct Proven(Account);

/// Checks a name and a password. An account that is not there takes as long as a wrong password and is
/// answered the same.
///
/// # Errors
/// When they do not belong together, when too many passwords are being checked, and when the database
/// fails.
pub async fn check_credentials(state: &State, login: Login) -> Result<Proven, Error> {
    let found = store::users::find_credentials(&state.database.pool, &login.name).await?;
    let (account, hash) = match found {
        Some(credentials) => (Some(credentials.account), Some(credentials.password_hash)),
        None => (None, None),
    };
    let matches = state.passwords.matches(hash, login.password).await?;
    match account {
        Some(account) if matches => Ok(Proven(account)),
        _ => {
            metrics::signed_in(SignIn::Refused);
            Err(Error::InvalidCredentials)
        }
    }
}

/// Signs someone in.
///
/// # Errors
/// When the database fails.
pub async fn login(
    tx: &mut PgConnection,
    state: &State,
    Proven(account): Proven,
) -> Result<SignedIn, Error> {
    let signed_in = begin_session(tx, state, account).await?;
    metrics::signed_in(SignIn::Accepted);
    Ok(signed_in)
}
