//! Registering, signing in and out.

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use nova_service::http::{ClientAddress, Json, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::commands;
use crate::domain::{Account, Device, Login, RefreshToken, Registration, SignedIn};
use crate::metrics::{self, Attempt};
use crate::state::State;

/// Someone who wants an account.
// No `Debug` here and below: these hold passwords and tokens.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterBody {
    /// 3 to 30 letters a to z, digits and underscores, the first a letter; unique in whatever case. Some that speak
    /// for the platform, as `admin` does, are `reserved`.
    #[schema(min_length = 3, max_length = 30, pattern = "^[A-Za-z][A-Za-z0-9_]*$")]
    username: String,
    /// Unique in whatever case.
    #[schema(format = "email", max_length = 254)]
    email: String,
    #[schema(format = "password", min_length = 8, max_length = 128)]
    password: String,
    /// The username when absent.
    #[schema(min_length = 1, max_length = 50)]
    display_name: Option<String>,
}

/// An attempt to sign in, by username or by e-mail address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginBody {
    /// Either this or `email`.
    username: Option<String>,
    /// Either this or `username`.
    email: Option<String>,
    #[schema(format = "password")]
    password: String,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshTokenBody {
    /// As it was given out.
    refresh_token: String,
}

/// Tokens of a signed-in session.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionBody {
    user: Account,
    /// A JWT for the `Authorization` header.
    access_token: String,
    /// Good for one refresh; using it twice ends the session.
    refresh_token: String,
    /// Seconds until the access token expires.
    expires_in: i64,
}

/// What nobody on the way may keep (RFC 6749, section 5.1).
const NO_STORE: (http::HeaderName, HeaderValue) = (
    http::header::CACHE_CONTROL,
    HeaderValue::from_static("no-store"),
);

impl IntoResponse for SignedIn {
    fn into_response(self) -> Response {
        let body = SessionBody {
            user: self.account,
            access_token: self.access_token,
            refresh_token: self.refresh_token.reveal(),
            expires_in: self.expires_in.whole_seconds(),
        };
        ([NO_STORE], Json(body)).into_response()
    }
}

/// Opens an account and signs in.
#[utoipa::path(
    post, path = "/v1/auth/register", tag = "auth",
    request_body = RegisterBody,
    responses(
        (status = 201, description = "Registered and signed in", body = SessionBody),
        (status = 409, description = "The username, the e-mail address or both are somebody else's"),
    ),
)]
pub(super) async fn register_user(
    Shared(state): Shared<State>,
    address: ClientAddress,
    device: Device,
    Json(body): Json<RegisterBody>,
) -> Result<(StatusCode, SignedIn), Problem> {
    let RegisterBody {
        username,
        email,
        password,
        display_name,
    } = body;
    let registration = Registration::check(&username, &email, &password, display_name.as_deref())?;
    let prepared = commands::prepare_registration(&state, registration).await?;
    let mut tx = state.begin().await?;
    let signed_in = commands::register(&mut tx, &state, prepared, device).await?;
    state.commit(tx).await?;
    state
        .limits
        .sign_ins
        .know(&signed_in.account, address)
        .await;
    Ok((StatusCode::CREATED, signed_in))
}

/// Signs in.
#[utoipa::path(
    post, path = "/v1/auth/login", tag = "auth",
    request_body = LoginBody,
    responses(
        (status = 200, description = "Signed in", body = SessionBody),
        (status = 401, description = "The name or the password is wrong"),
    ),
)]
pub(super) async fn log_in(
    Shared(state): Shared<State>,
    address: ClientAddress,
    device: Device,
    Json(body): Json<LoginBody>,
) -> Result<Response, Problem> {
    let LoginBody {
        username,
        email,
        password,
    } = body;
    let login = Login::check(username.as_deref(), email.as_deref(), &password)?;
    let mut response;
    match state.limits.sign_ins.check(&login.name, address).await {
        Ok(left) => {
            response = sign_in(&state, login, address, device)
                .await
                .into_response();
            left.write(response.headers_mut());
        }
        Err(refused) => {
            metrics::signed_in(Attempt::Throttled);
            response = Problem::from(refused.clone()).into_response();
            refused.write(response.headers_mut());
        }
    }
    Ok(response)
}

async fn sign_in(
    state: &State,
    login: Login,
    address: ClientAddress,
    device: Device,
) -> Result<SignedIn, Problem> {
    let proven = commands::check_credentials(state, login).await?;
    let mut tx = state.begin().await?;
    let signed_in = commands::login(&mut tx, state, proven, device).await?;
    state.commit(tx).await?;
    state
        .limits
        .sign_ins
        .know(&signed_in.account, address)
        .await;
    Ok(signed_in)
}

/// Gives new tokens for a refresh token, once.
#[utoipa::path(
    post, path = "/v1/auth/refresh", tag = "auth",
    request_body = RefreshTokenBody,
    responses(
        (status = 200, description = "New tokens; the old refresh token is used up", body = SessionBody),
        (status = 401, description = "The refresh token is unknown, expired or used before, or its session has ended"),
    ),
)]
pub(super) async fn refresh_session(
    Shared(state): Shared<State>,
    device: Device,
    Json(body): Json<RefreshTokenBody>,
) -> Result<SignedIn, Problem> {
    let token = RefreshToken::parse(&body.refresh_token)?;
    let mut tx = state.begin().await?;
    let refreshed = commands::refresh(&mut tx, &state, &token, device).await?;
    state.commit(tx).await?;
    Ok(refreshed.answer()?)
}

/// Ends the session of a refresh token.
#[utoipa::path(
    post, path = "/v1/auth/logout", tag = "auth",
    request_body = RefreshTokenBody,
    responses(
        (status = 204, description = "There is no such session, or no longer"),
    ),
)]
pub(super) async fn log_out(
    Shared(state): Shared<State>,
    Json(body): Json<RefreshTokenBody>,
) -> Result<StatusCode, Problem> {
    let token = RefreshToken::parse(&body.refresh_token)?;
    let mut tx = state.begin().await?;
    commands::logout(&mut tx, &token).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
