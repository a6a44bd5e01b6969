//! Profiles.

use axum::extract::State as Shared;
use http::StatusCode;
use nova_ids::UserId;
use nova_resilience::Invalid;
use nova_service::http::{ClientAddress, Json, Path, Problem, present};
use nova_service::tokens::Caller;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::{Account, Password, ProfileChange, User, Username};
use crate::error::Error;
use crate::state::State;
use crate::{commands, store};

/// A change of one's own profile. What is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileBody {
    /// 3 to 30 letters a to z, digits and underscores, the first a letter; unique in whatever case. Some that speak
    /// for the platform, as `admin` does, are `reserved`.
    #[serde(default, deserialize_with = "present")]
    #[schema(
        min_length = 3,
        max_length = 30,
        pattern = "^[A-Za-z][A-Za-z0-9_]*$",
        nullable = false
    )]
    username: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 50, nullable = false)]
    display_name: Option<String>,
    /// An http or https address; null removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "uri", max_length = 2048)]
    avatar_url: Option<Option<String>>,
    /// Whether the user says who may follow; false accepts all who asked.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    locked: Option<bool>,
}

/// The caller's own profile.
#[utoipa::path(
    get, path = "/v1/users/me", tag = "users",
    responses((status = 200, description = "The caller's own profile", body = Account)),
    security(("bearer" = [])),
)]
pub(super) async fn get_me(
    caller: Caller,
    Shared(state): Shared<State>,
) -> Result<Json<Account>, Problem> {
    let account = store::users::find_account(&state.database.pool, caller.user_id).await;
    Ok(Json(
        account.map_err(Error::from)?.ok_or(Error::UnknownCaller)?,
    ))
}

/// Changes the caller's own profile.
#[utoipa::path(
    patch, path = "/v1/users/me", tag = "users",
    request_body = ProfileBody,
    responses(
        (status = 200, description = "The profile after the change", body = Account),
        (status = 409, description = "The username is somebody else's"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn update_me(
    caller: Caller,
    Shared(state): Shared<State>,
    Json(body): Json<ProfileBody>,
) -> Result<Json<Account>, Problem> {
    let avatar_url = body.avatar_url.as_ref().map(Option::as_deref);
    let change = ProfileChange::check(
        body.username.as_deref(),
        body.display_name.as_deref(),
        avatar_url,
        body.locked,
    )?;
    let mut tx = state.begin().await?;
    let account = commands::update_profile(
        &mut tx,
        &state.outbox,
        state.follow_limit,
        state.username_quarantine,
        caller.user_id,
        change,
    )
    .await?;
    state.commit(tx).await?;
    Ok(Json(account))
}

/// The proof that it is the owner who leaves.
// No `Debug`: it holds a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeletionBody {
    /// The one that the caller signs in with.
    #[schema(format = "password")]
    password: String,
}

/// Deletes the caller's account: from now on nobody sees it, or what is theirs. Signing in takes that back, until it is
/// erased after some days.
#[utoipa::path(
    delete, path = "/v1/users/me", tag = "users",
    request_body = DeletionBody,
    responses(
        (status = 202, description = "The account is gone, and all its sessions have ended"),
        (status = 403, description = "The password is wrong"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn delete_me(
    caller: Caller,
    Shared(state): Shared<State>,
    address: ClientAddress,
    Json(body): Json<DeletionBody>,
) -> Result<StatusCode, Problem> {
    let password = Password::present("password", &body.password).map_err(Invalid::from)?;
    let prepared = commands::prepare_account_deletion(&state, caller, address, password).await?;
    let mut tx = state.begin().await?;
    commands::delete_account(&mut tx, &state, prepared).await?;
    state.commit(tx).await?;
    Ok(StatusCode::ACCEPTED)
}

/// A user's profile.
#[utoipa::path(
    get, path = "/v1/users/{id}", tag = "users",
    params(("id" = uuid::Uuid, Path, description = "The user")),
    responses(
        (status = 200, description = "The profile", body = User),
        (status = 404, description = "There is no such user, or none whom the caller may see"),
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn get_user(
    caller: Option<Caller>,
    Shared(state): Shared<State>,
    Path(id): Path<UserId>,
) -> Result<Json<User>, Problem> {
    let viewer = caller.map(|caller| caller.user_id);
    let user = store::users::find(&state.database.pool, viewer, id).await;
    Ok(Json(user.map_err(Error::from)?.ok_or(Error::NoSuchUser)?))
}

/// The profile of the user who goes by a name.
#[utoipa::path(
    get, path = "/v1/users/by-username/{username}", tag = "users",
    params(("username" = String, Path, description = "The username, in whatever case")),
    responses(
        (status = 200, description = "The profile", body = User),
        (status = 404, description = "There is no such user, or none whom the caller may see"),
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn get_user_by_username(
    caller: Option<Caller>,
    Shared(state): Shared<State>,
    Path(username): Path<String>,
) -> Result<Json<User>, Problem> {
    // Nobody goes by a name that nobody could have.
    let username = Username::parse(&username).map_err(|_| Error::NoSuchUser)?;
    let viewer = caller.map(|caller| caller.user_id);
    let user = store::users::find_by_username(&state.database.pool, viewer, &username).await;
    Ok(Json(user.map_err(Error::from)?.ok_or(Error::NoSuchUser)?))
}
