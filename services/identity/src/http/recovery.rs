//! What is done with an account by mail.

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use nova_resilience::Invalid;
use nova_service::http::{ClientAddress, Json, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::commands;
use crate::domain::{EmailAddress, MailToken, Password};
use crate::state::State;

/// A token out of a mail.
// No `Debug` here and below: these hold tokens, addresses and passwords.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MailTokenBody {
    /// As it stands in the mail's link: good once, for one hour.
    token: String,
}

/// Whose password is lost.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ForgotPasswordBody {
    /// The account's, in whatever case.
    #[schema(format = "email", max_length = 254)]
    email: String,
}

/// Another password, with a token out of a mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetPasswordBody {
    /// As it stands in the mail's link: good once, for one hour.
    token: String,
    #[schema(format = "password", min_length = 8, max_length = 128)]
    new_password: String,
}

/// Proves that the address of an account is its owner's.
#[utoipa::path(
    post, path = "/v1/auth/verify-email", tag = "auth",
    request_body = MailTokenBody,
    responses(
        (status = 204, description = "The address is proven"),
    ),
)]
pub(super) async fn verify_email(
    Shared(state): Shared<State>,
    Json(body): Json<MailTokenBody>,
) -> Result<StatusCode, Problem> {
    let token = MailToken::parse(&body.token)?;
    let mut tx = state.begin().await?;
    commands::verify_email(&mut tx, &token).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a mail to whoever has an account with an address, to choose another password.
#[utoipa::path(
    post, path = "/v1/auth/forgot-password", tag = "auth",
    request_body = ForgotPasswordBody,
    responses(
        (status = 202, description = "If there is such an account, a mail is on its way"),
    ),
)]
pub(super) async fn forgot_password(
    Shared(state): Shared<State>,
    address: ClientAddress,
    Json(body): Json<ForgotPasswordBody>,
) -> Result<Response, Problem> {
    let email = EmailAddress::parse(&body.email).map_err(Invalid::from)?;
    let mut response;
    match state.limits.recoveries.check(&email, address).await {
        Ok(left) => {
            let mut tx = state.begin().await?;
            commands::forgot_password(&mut tx, &state.outbox, &email).await?;
            state.commit(tx).await?;
            response = StatusCode::ACCEPTED.into_response();
            left.write(response.headers_mut());
        }
        Err(refused) => {
            response = Problem::from(refused.clone()).into_response();
            refused.write(response.headers_mut());
        }
    }
    Ok(response)
}

/// Gives an account another password and ends all its sessions. Its address is proven by that, too.
#[utoipa::path(
    post, path = "/v1/auth/reset-password", tag = "auth",
    request_body = ResetPasswordBody,
    responses(
        (status = 204, description = "The password is changed, and all sessions have ended"),
    ),
)]
pub(super) async fn reset_password(
    Shared(state): Shared<State>,
    Json(body): Json<ResetPasswordBody>,
) -> Result<StatusCode, Problem> {
    let new = Password::choose("new_password", &body.new_password).map_err(Invalid::from)?;
    let token = MailToken::parse(&body.token)?;
    let prepared = commands::prepare_password_reset(&state, token, new).await?;
    let mut tx = state.begin().await?;
    commands::reset_password(&mut tx, prepared).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
