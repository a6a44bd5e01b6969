use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Device, RefreshToken, Session, SignedIn, Verdict};
use crate::error::Error;
use crate::state::State;
use crate::{metrics, store};

/// What became of a refresh. Each is to be committed: the end of a session, too.
pub enum Refreshed {
    /// New tokens.
    SignedIn(Box<SignedIn>),
    /// The token had been used before, so its session has ended.
    Reused,
}

impl Refreshed {
    /// What the client is told, once it is committed.
    ///
    /// # Errors
    /// [`Error::RefreshTokenReused`] when it was.
    pub fn answer(self) -> Result<SignedIn, Error> {
        match self {
            Self::SignedIn(signed_in) => Ok(*signed_in),
            Self::Reused => Err(Error::RefreshTokenReused),
        }
    }
}

/// Gives new tokens for a refresh token that was not used before, and ends the session of one that was.
/// Two refreshes with one token at the same time wait for each other: the second is a reuse.
///
/// # Errors
/// When the token is unknown, expired, or its session has ended, and when the database fails.
pub async fn refresh(
    tx: &mut PgConnection,
    state: &State,
    token: &RefreshToken,
    device: Device,
) -> Result<Refreshed, Error> {
    let session = store::sessions::find_for_update(tx, token).await?;
    let session = session.ok_or(Error::InvalidRefreshToken)?;
    let known = store::sessions::find_token(tx, token).await?;
    let now = OffsetDateTime::now_utc();
    match token.verdict(&session, known, now) {
        Verdict::Good => {
            let session = session.refreshed(now, state.refresh_token_lifetime, device);
            let signed_in = rotate(tx, state, &session, token, now).await?;
            Ok(Refreshed::SignedIn(Box::new(signed_in)))
        }
        Verdict::Expired => Err(Error::InvalidRefreshToken),
        Verdict::Reused => {
            store::sessions::delete(tx, session.id).await?;
            metrics::refresh_token_reused();
            Ok(Refreshed::Reused)
        }
    }
}

async fn rotate(
    tx: &mut PgConnection,
    state: &State,
    session: &Session,
    old: &RefreshToken,
    now: OffsetDateTime,
) -> Result<SignedIn, Error> {
    let refresh_token = old.next(session.id);
    store::sessions::rotate(tx, session, old, &refresh_token).await?;
    let account = store::users::find_account(tx, session.user_id).await?;
    let account = account.ok_or(Error::InvalidRefreshToken)?;
    let access_token = state
        .access_tokens
        .issue(session.user_id, session.id, now)?;
    let expires_in = state.access_tokens.lifetime();
    Ok(SignedIn {
        account,
        access_token,
        refresh_token,
        expires_in,
    })
}
