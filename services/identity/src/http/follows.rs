//! The follow graph.

use axum::extract::State as Shared;
use http::StatusCode;
use nova_ids::UserId;
use nova_service::http::{Json, Page, PageQuery, Path, Problem};
use nova_service::tokens::Caller;

use crate::commands;
use crate::domain::{Followed, Pair, User, UserList};
use crate::state::State;

/// Follows a user, or asks a locked one. The caller may do so already.
#[utoipa::path(
    put, path = "/v1/users/{id}/follow", tag = "follows",
    params(("id" = uuid::Uuid, Path, description = "The user to follow")),
    responses(
        (status = 202, description = "The user has been asked"),
        (status = 204, description = "The caller follows the user"),
        (status = 404, description = "There is no such user, or none whom the caller may see"),
        (status = 422, description = "The caller follows and asks as many users as one may"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn follow_user(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    let pair = Pair::follow(caller.user_id, id)?;
    let mut tx = state.begin().await?;
    let followed = commands::follow(&mut tx, &state.outbox, state.follow_limit, pair).await?;
    state.commit(tx).await?;
    Ok(match followed {
        Followed::Follows => StatusCode::NO_CONTENT,
        Followed::Requested => StatusCode::ACCEPTED,
    })
}

/// Follows a user no longer, nor asks to. The caller may not do so anyway.
#[utoipa::path(
    delete, path = "/v1/users/{id}/follow", tag = "follows",
    params(("id" = uuid::Uuid, Path, description = "The user to follow no longer")),
    responses(
        (status = 204, description = "The caller does not follow the user"),
        (status = 404, description = "There is no such user, or none whom the caller may see"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn unfollow_user(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    let pair = Pair::follow(caller.user_id, id)?;
    let mut tx = state.begin().await?;
    commands::unfollow(&mut tx, &state.outbox, pair).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Those who follow a user, newest follow first.
#[utoipa::path(
    get, path = "/v1/users/{id}/followers", tag = "follows",
    params(("id" = uuid::Uuid, Path, description = "The user"), PageQuery),
    responses(
        (status = 200, description = "A page of profiles", body = Page<User>),
        (status = 404, description = "There is no such user, or none whom the caller may see"),
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn list_followers(
    caller: Option<Caller>,
    Shared(state): Shared<State>,
    Path(id): Path<UserId>,
    page: PageQuery,
) -> Result<Json<Page<User>>, Problem> {
    let viewer = caller.map(|caller| caller.user_id);
    let list = UserList::Followers(id);
    Ok(Json(state.page_of_users(list, viewer, page).await?))
}

/// Those whom a user follows, newest follow first.
#[utoipa::path(
    get, path = "/v1/users/{id}/following", tag = "follows",
    params(("id" = uuid::Uuid, Path, description = "The user"), PageQuery),
    responses(
        (status = 200, description = "A page of profiles", body = Page<User>),
        (status = 404, description = "There is no such user, or none whom the caller may see"),
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn list_following(
    caller: Option<Caller>,
    Shared(state): Shared<State>,
    Path(id): Path<UserId>,
    page: PageQuery,
) -> Result<Json<Page<User>>, Problem> {
    let viewer = caller.map(|caller| caller.user_id);
    let list = UserList::Following(id);
    Ok(Json(state.page_of_users(list, viewer, page).await?))
}
