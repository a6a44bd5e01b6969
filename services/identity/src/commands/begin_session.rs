use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Account, Device, RefreshToken, Session, SignedIn};
use crate::error::Error;
use crate::state::State;
use crate::store;

/// Begins a session for someone who has proven who they are.
pub(super) async fn begin_session(
    tx: &mut PgConnection,
    state: &State,
    account: Account,
    device: Device,
) -> Result<SignedIn, Error> {
    let now = OffsetDateTime::now_utc();
    let lifetime = state.refresh_token_lifetime;
    let session = Session::begin(account.user.id, now, lifetime, device);
    let refresh_token = RefreshToken::first(session.id);
    store::sessions::insert(tx, &session, &refresh_token).await?;
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
