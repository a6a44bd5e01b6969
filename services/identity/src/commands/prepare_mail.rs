use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Mail, MailRequest, MailToken, Purpose};
use crate::error::Error;
use crate::state::State;
use crate::store::{mail_tokens, users};

/// Writes the mail that was asked for, whose token is good from the commit on, for an hour. No mail when there is no such
/// user, nothing to prove, when it was handed over before, when a newer one took its place, and when it is too late.
///
/// # Errors
/// When the database fails.
pub async fn prepare_mail(
    tx: &mut PgConnection,
    state: &State,
    request: &MailRequest,
) -> Result<Option<Mail>, Error> {
    let now = OffsetDateTime::now_utc();
    if request.is_over(now) {
        return Ok(None);
    }
    let account = users::find_account_for_update(tx, request.user_id).await?;
    let Some(account) = account else {
        return Ok(None);
    };
    if request.purpose == Purpose::VerifyEmail && account.email_verified {
        return Ok(None);
    }
    let token = state.mail_tokens.token(request.purpose, request.id);
    let good_until = MailToken::good_until(now);
    if !mail_tokens::offer(tx, request, &token, &account.email, good_until).await? {
        return Ok(None);
    }
    mail_tokens::end_others(tx, request.user_id, request.purpose, request.id, now).await?;
    Ok(Some(Mail::write(
        request,
        &account,
        &state.mail_link,
        &token,
    )))
}
