use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{InvalidMailToken, KnownMailToken, MailToken, Password, PasswordHash, Purpose};
use crate::error::Error;
use crate::metrics::{self, Attempt};
use crate::state::State;
use crate::store::{mail_tokens, sessions, users};

const PURPOSE: Purpose = Purpose::ResetPassword;

/// Another password of someone who had a good token. Only [`prepare_password_reset`] makes one.
pub struct PreparedReset {
    token: MailToken,
    known: KnownMailToken,
    new: PasswordHash,
}

/// Looks whether the token is good, and hashes the new password if so: a wrong token costs no hash. Two who present
/// the same token at the same time meet in [`reset_password`].
///
/// # Errors
/// When the token is not good, when too many passwords are being hashed, and when the database fails.
pub async fn prepare_password_reset(
    state: &State,
    token: MailToken,
    new: Password,
) -> Result<PreparedReset, Error> {
    let now = OffsetDateTime::now_utc();
    let known = mail_tokens::find(&state.database.pool, &token, PURPOSE, now).await?;
    let Some(known) = known else {
        metrics::password_reset(Attempt::Refused);
        return Err(InvalidMailToken::new().into());
    };
    Ok(PreparedReset {
        token,
        known,
        new: state.passwords.hash(new).await?,
    })
}

/// Gives someone who had a good token another password, and ends all their sessions and their other tokens. Their
/// address is proven by it as well.
///
/// # Errors
/// When the token is good no longer, or was sent to another address than the account has now, and when the database
/// fails.
pub async fn reset_password(tx: &mut PgConnection, prepared: PreparedReset) -> Result<(), Error> {
    let PreparedReset { token, known, new } = prepared;
    let (now, user) = (OffsetDateTime::now_utc(), known.user_id);
    let account = users::find_account_for_update(tx, user).await?;
    let is_theirs = account.is_some_and(|account| account.email == known.address);
    if !is_theirs || !mail_tokens::spend(tx, &token, PURPOSE, now).await? {
        metrics::password_reset(Attempt::Refused);
        return Err(InvalidMailToken::new().into());
    }
    users::reset_password(tx, user, &new, now).await?;
    sessions::delete_all(tx, user).await?;
    mail_tokens::end_all(tx, user, PURPOSE, now).await?;
    metrics::password_reset(Attempt::Accepted);
    Ok(())
}
