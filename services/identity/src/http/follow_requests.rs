//! Who may follow the caller.

use axum::extract::State as Shared;
use http::StatusCode;
use nova_ids::UserId;
use nova_service::http::{Json, Page, PageQuery, Path, Problem};
use nova_service::tokens::Caller;

use crate::commands;
use crate::domain::{Pair, User, UserList};
use crate::error::Error;
use crate::state::State;

/// Those who ask to follow the caller, newest first.
#[utoipa::path(
    get, path = "/v1/users/me/follow-requests", tag = "follows",
    params(PageQuery),
    responses((status = 200, description = "A page of profiles", body = Page<User>)),
    security(("bearer" = [])),
)]
pub(super) async fn list_follow_requests(
    caller: Caller,
    Shared(state): Shared<State>,
    page: PageQuery,
) -> Result<Json<Page<User>>, Problem> {
    let list = UserList::FollowRequests(caller.user_id);
    let page = state.page_of_users(list, Some(caller.user_id), page).await;
    Ok(Json(page?))
}

/// Lets a user who asked to follow the caller do so.
#[utoipa::path(
    put, path = "/v1/users/me/follow-requests/{user_id}", tag = "follows",
    params(("user_id" = uuid::Uuid, Path, description = "The user who asked")),
    responses(
        (status = 204, description = "The user follows the caller"),
        (status = 404, description = "The user does not ask, or no longer"),
        (status = 422, description = "The user follows as many users as one may; the request stays"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn accept_follow_request(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(requester): Path<UserId>,
) -> Result<StatusCode, Problem> {
    let pair = Pair::new(requester, caller.user_id).ok_or(Error::NoSuchRequest)?;
    let mut tx = state.begin().await?;
    commands::accept_follow_request(&mut tx, &state.outbox, state.follow_limit, pair).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Does not let a user who asked to follow the caller do so. They may ask again.
#[utoipa::path(
    delete, path = "/v1/users/me/follow-requests/{user_id}", tag = "follows",
    params(("user_id" = uuid::Uuid, Path, description = "The user who asked")),
    responses(
        (status = 204, description = "The user asks no longer"),
        (status = 404, description = "The user does not ask, or no longer"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn refuse_follow_request(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(requester): Path<UserId>,
) -> Result<StatusCode, Problem> {
    let pair = Pair::new(requester, caller.user_id).ok_or(Error::NoSuchRequest)?;
    let mut tx = state.begin().await?;
    commands::refuse_follow_request(&mut tx, pair).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a user no longer follow the caller. They may not do so anyway, and may follow again, or ask to.
#[utoipa::path(
    delete, path = "/v1/users/me/followers/{user_id}", tag = "follows",
    params(("user_id" = uuid::Uuid, Path, description = "The user who follows")),
    responses(
        (status = 204, description = "The user does not follow the caller"),
        (status = 404, description = "There is no such user, or none whom the caller may see"),
        (status = 422, description = "The user is the caller"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn remove_follower(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(follower): Path<UserId>,
) -> Result<StatusCode, Problem> {
    let pair = Pair::new(follower, caller.user_id);
    let pair = pair.ok_or_else(|| Error::oneself("user_id", "self_follow"))?;
    let mut tx = state.begin().await?;
    commands::remove_follower(&mut tx, &state.outbox, pair).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
