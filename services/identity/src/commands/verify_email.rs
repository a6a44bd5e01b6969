use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{InvalidMailToken, MailToken, Purpose};
use crate::error::Error;
use crate::store::{mail_tokens, users};

/// Notes that an address is its owner's, who has read a mail that was sent there.
///
/// # Errors
/// When the token is not good, or was sent to another address than the account has now, and when the database fails.
pub async fn verify_email(tx: &mut PgConnection, token: &MailToken) -> Result<(), Error> {
    let (now, purpose) = (OffsetDateTime::now_utc(), Purpose::VerifyEmail);
    let known = mail_tokens::find(&mut *tx, token, purpose, now).await?;
    let known = known.ok_or_else(InvalidMailToken::new)?;
    let account = users::find_account_for_update(tx, known.user_id).await?;
    let is_theirs = account.is_some_and(|account| account.email == known.address);
    if !is_theirs || !mail_tokens::spend(tx, token, purpose, now).await? {
        return Err(InvalidMailToken::new().into());
    }
    users::verify_email(tx, known.user_id, now).await?;
    Ok(())
}
