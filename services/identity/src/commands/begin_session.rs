use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Account, RefreshToken, Session, SignedIn};
use crate::error::Error;
use crate::state::State;
use crate::store;

/// Begins a session for someone who has proven who they are.
pub(super) async fn begin_session(
    tx: &mut PgConnection,
    state: &State,
    account: Account,
) -> Result<SignedIn, Error> {
    let now = OffsetDateTime::now_utc();
    let session = Session::begin(account.user.id, now, state.refresh_token_lifetime);
    let refresh_token = RefreshToken::random();
    store::sessions::insert(tx, &session, &refresh_token.hash()).await?;
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
