//! Whom the caller does not want to see.

use axum::extract::State as Shared;
use http::StatusCode;
use nova_ids::UserId;
use nova_service::http::{Json, Page, PageQuery, Path, Problem};
use nova_service::tokens::Caller;

use crate::commands;
use crate::domain::{Pair, User, UserList};
use crate::error::Error;
use crate::state::State;

/// Hides the caller and a user from each other. The caller may do so already.
///
/// Follows and requests to follow end both ways, and stay ended when the block ends.
#[utoipa::path(
    put, path = "/v1/users/{id}/block", tag = "blocks",
    params(("id" = uuid::Uuid, Path, description = "The user to block")),
    responses(
        (status = 204, description = "The caller blocks the user"),
        (status = 404, description = "There is no such user"),
        (status = 422, description = "The user is the caller"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn block_user(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    let pair = to_block(caller, id)?;
    let mut tx = state.begin().await?;
    commands::block(&mut tx, &state.outbox, pair).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Blocks a user no longer. The caller may not do so anyway.
#[utoipa::path(
    delete, path = "/v1/users/{id}/block", tag = "blocks",
    params(("id" = uuid::Uuid, Path, description = "The user to block no longer")),
    responses(
        (status = 204, description = "The caller does not block the user"),
        (status = 404, description = "There is no such user"),
        (status = 422, description = "The user is the caller"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn unblock_user(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    let pair = to_block(caller, id)?;
    let mut tx = state.begin().await?;
    commands::unblock(&mut tx, &state.outbox, pair).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps a user's posts out of the caller's feed, and changes nothing else. The caller may do so already.
#[utoipa::path(
    put, path = "/v1/users/{id}/mute", tag = "blocks",
    params(("id" = uuid::Uuid, Path, description = "The user to mute")),
    responses(
        (status = 204, description = "The caller mutes the user"),
        (status = 404, description = "There is no such user"),
        (status = 422, description = "The user is the caller"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn mute_user(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    let pair = to_mute(caller, id)?;
    let mut tx = state.begin().await?;
    commands::mute(&mut tx, &state.outbox, pair).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mutes a user no longer. The caller may not do so anyway.
#[utoipa::path(
    delete, path = "/v1/users/{id}/mute", tag = "blocks",
    params(("id" = uuid::Uuid, Path, description = "The user to mute no longer")),
    responses(
        (status = 204, description = "The caller does not mute the user"),
        (status = 404, description = "There is no such user"),
        (status = 422, description = "The user is the caller"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn unmute_user(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    let pair = to_mute(caller, id)?;
    let mut tx = state.begin().await?;
    commands::unmute(&mut tx, &state.outbox, pair).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Those whom the caller blocks, newest block first.
#[utoipa::path(
    get, path = "/v1/users/me/blocks", tag = "blocks",
    params(PageQuery),
    responses((status = 200, description = "A page of profiles", body = Page<User>)),
    security(("bearer" = [])),
)]
pub(super) async fn list_blocks(
    caller: Caller,
    Shared(state): Shared<State>,
    page: PageQuery,
) -> Result<Json<Page<User>>, Problem> {
    let list = UserList::Blocks(caller.user_id);
    let page = state.page_of_users(list, Some(caller.user_id), page).await;
    Ok(Json(page?))
}

/// Those whom the caller mutes, newest mute first, without those between whom and the caller is a block.
#[utoipa::path(
    get, path = "/v1/users/me/mutes", tag = "blocks",
    params(PageQuery),
    responses((status = 200, description = "A page of profiles", body = Page<User>)),
    security(("bearer" = [])),
)]
pub(super) async fn list_mutes(
    caller: Caller,
    Shared(state): Shared<State>,
    page: PageQuery,
) -> Result<Json<Page<User>>, Problem> {
    let list = UserList::Mutes(caller.user_id);
    let page = state.page_of_users(list, Some(caller.user_id), page).await;
    Ok(Json(page?))
}

fn to_block(caller: Caller, other: UserId) -> Result<Pair, Error> {
    Pair::new(caller.user_id, other).ok_or_else(|| Error::oneself("id", "self_block"))
}

fn to_mute(caller: Caller, other: UserId) -> Result<Pair, Error> {
    Pair::new(caller.user_id, other).ok_or_else(|| Error::oneself("id", "self_mute"))
}
