//! The follow graph.

use axum::extract::State as Shared;
use http::StatusCode;
use nova_ids::UserId;
use nova_service::http::{Json, Page, PageQuery, Path, Problem};
use nova_service::tokens::Caller;

use crate::commands;
use crate::domain::{FollowList, Pair, User};
use crate::state::State;

/// Follows a user. The caller may do so already.
#[utoipa::path(
    put, path = "/v1/users/{id}/follow", tag = "follows",
    params(("id" = uuid::Uuid, Path, description = "The user to follow")),
    responses(
        (status = 204, description = "The caller follows the user"),
        (status = 404, description = "There is no such user"),
        (status = 422, description = "The caller follows as many users as one may"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn follow_user(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    let pair = Pair::new(caller.user_id, id)?;
    let mut tx = state.begin().await?;
    commands::follow(&mut tx, &state.outbox, state.follow_limit, pair).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Follows a user no longer. The caller may not do so anyway.
#[utoipa::path(
    delete, path = "/v1/users/{id}/follow", tag = "follows",
    params(("id" = uuid::Uuid, Path, description = "The user to follow no longer")),
    responses(
        (status = 204, description = "The caller does not follow the user"),
        (status = 404, description = "There is no such user"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn unfollow_user(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    let pair = Pair::new(caller.user_id, id)?;
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
        (status = 404, description = "There is no such user"),
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn list_followers(
    Shared(state): Shared<State>,
    Path(id): Path<UserId>,
    page: PageQuery,
) -> Result<Json<Page<User>>, Problem> {
    Ok(Json(
        state
            .page_of_follows(FollowList::Followers(id), page)
            .await?,
    ))
}

/// Those whom a user follows, newest follow first.
#[utoipa::path(
    get, path = "/v1/users/{id}/following", tag = "follows",
    params(("id" = uuid::Uuid, Path, description = "The user"), PageQuery),
    responses(
        (status = 200, description = "A page of profiles", body = Page<User>),
        (status = 404, description = "There is no such user"),
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn list_following(
    Shared(state): Shared<State>,
    Path(id): Path<UserId>,
    page: PageQuery,
) -> Result<Json<Page<User>>, Problem> {
    Ok(Json(
        state
            .page_of_follows(FollowList::Following(id), page)
            .await?,
    ))
}
