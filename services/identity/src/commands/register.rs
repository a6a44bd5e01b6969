use nova_ids::UserId;
use sqlx::PgConnection;

use super::begin_session::begin_session;
use crate::domain::{Account, Device, PasswordHash, Purpose, Registration, SignedIn, User};
use crate::error::Error;
use crate::state::State;
use crate::store::users::{self, Taken};
use crate::{events, metrics};

/// Someone new whose password is hashed already.
pub struct Prepared {
    account: Account,
    password_hash: PasswordHash,
}

/// Gets everything ready that needs no transaction. A name or an address that is taken is refused here in
/// most cases, before a hash is spent on it; two who want the same at the same time meet in [`register`].
///
/// # Errors
/// When the name or the address is taken, when too many passwords are being hashed, and when the database
/// fails.
pub async fn prepare_registration(
    state: &State,
    registration: Registration,
) -> Result<Prepared, Error> {
    let Registration {
        username,
        email,
        password,
        display_name,
    } = registration;
    let taken = users::find_taken(&state.database.pool, &username, &email).await?;
    if taken != Taken::default() {
        return Err(Error::Taken(taken.into()));
    }
    let password_hash = state.passwords.hash(password).await?;
    let user = User::register(UserId::new(), &username, display_name);
    Ok(Prepared {
        account: Account {
            user,
            email: email.into_string(),
            email_verified: false,
        },
        password_hash,
    })
}

/// Registers someone and signs them in. A mail asks them to prove that the address is theirs.
///
/// # Errors
/// When the name or the address is taken, and when the database fails.
pub async fn register(
    tx: &mut PgConnection,
    state: &State,
    prepared: Prepared,
    device: Device,
) -> Result<SignedIn, Error> {
    let Prepared {
        account,
        password_hash,
    } = prepared;
    users::insert(tx, &account, &password_hash).await?;
    let user = &account.user;
    let mail = events::mail_requested(user.id, Purpose::VerifyEmail, user.created_at);
    state
        .outbox
        .append(tx, &events::user_registered(&account))
        .await?;
    state.outbox.append(tx, &mail).await?;
    metrics::registered();
    begin_session(tx, state, account, device).await
}
