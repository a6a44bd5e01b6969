use nova_service::http::ClientAddress;
use nova_service::tokens::Caller;

use crate::domain::{LoginName, Password, PasswordHash};
use crate::error::Error;
use crate::state::State;
use crate::store;

/// Checks the password of someone who has an access token, which may be stolen: guesses are counted together with those of
/// whoever signs in to the account by its e-mail address. Gives the password's hash, which may be another one by the time
/// that something is done about it.
pub(super) async fn prove_password(
    state: &State,
    caller: Caller,
    address: ClientAddress,
    password: Password,
) -> Result<PasswordHash, Error> {
    let pool = &state.database.pool;
    let found = store::users::find_credentials_of(pool, caller.user_id).await?;
    let credentials = found.ok_or(Error::UnknownCaller)?;
    let name = LoginName::lasting(&credentials.account);
    state.limits.sign_ins.check(&name, address).await?;
    let current = credentials.password_hash;
    if !state
        .passwords
        .matches(Some(current.clone()), password)
        .await?
    {
        return Err(Error::WrongPassword);
    }
    Ok(current)
}
