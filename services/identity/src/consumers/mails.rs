//! Sending mails.

use nova_event_bus::Delivery;
use nova_proto::identity::v1::{MailKind, MailRequested};
use time::OffsetDateTime;

use crate::domain::{MailRequest, Purpose};
use crate::error::Error;
use crate::state::State;
use crate::{commands, metrics, store};

/// The token is good before its mail is on its way. Whoever is stopped in between sends the same mail once more.
pub(super) async fn mail_requested(
    state: &State,
    event: &Delivery<MailRequested>,
) -> Result<(), Error> {
    let request = request(event)?;
    let mut tx = state.begin().await?;
    let mail = commands::prepare_mail(&mut tx, state, &request).await?;
    state.commit(tx).await?;
    let Some(mail) = mail else {
        return Ok(());
    };
    let sent = state.mails.send(&mail).await;
    metrics::mail_sent(mail.purpose.as_str(), sent.is_ok());
    sent?;
    store::mail_tokens::sent(&state.database.pool, mail.id, OffsetDateTime::now_utc()).await?;
    Ok(())
}

fn request(event: &Delivery<MailRequested>) -> Result<MailRequest, Error> {
    let user_id = event.user_id.parse();
    let purpose = match event.kind() {
        MailKind::VerifyEmail => Purpose::VerifyEmail,
        MailKind::ResetPassword => Purpose::ResetPassword,
        MailKind::Unspecified => return Err(Error::BadEvent("kind")),
    };
    let requested_at = event
        .requested_at
        .and_then(|at| OffsetDateTime::from_unix_timestamp(at.seconds).ok());
    Ok(MailRequest {
        id: event.id,
        user_id: user_id.map_err(|_| Error::BadEvent("user_id"))?,
        purpose,
        requested_at: requested_at.ok_or(Error::BadEvent("requested_at"))?,
    })
}
