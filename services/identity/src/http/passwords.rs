//! The password of an account.

use axum::extract::State as Shared;
use http::StatusCode;
use nova_service::http::{ClientAddress, Json, Problem};
use nova_service::tokens::Caller;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::commands;
use crate::domain::PasswordChange;
use crate::state::State;

/// Another password for the caller.
// No `Debug`: it holds passwords.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordBody {
    /// The one that the caller signs in with now.
    #[schema(format = "password")]
    current_password: String,
    #[schema(format = "password", min_length = 8, max_length = 128)]
    new_password: String,
}

/// Changes the caller's password and ends all their other sessions.
#[utoipa::path(
    put, path = "/v1/users/me/password", tag = "users",
    request_body = PasswordBody,
    responses(
        (status = 204, description = "The password is changed, and the session that asked is the only one left"),
        (status = 403, description = "The current password is wrong"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn change_password(
    caller: Caller,
    Shared(state): Shared<State>,
    address: ClientAddress,
    Json(body): Json<PasswordBody>,
) -> Result<StatusCode, Problem> {
    let change = PasswordChange::check(&body.current_password, &body.new_password)?;
    let prepared = commands::prepare_password_change(&state, caller, address, change).await?;
    let mut tx = state.begin().await?;
    commands::change_password(&mut tx, prepared).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
