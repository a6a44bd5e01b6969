//! Posts.

use axum::extract::State as Shared;
use axum::response::IntoResponse;
use http::StatusCode;
use http::header::LOCATION;
use nova_ids::{PostId, UserId};
use nova_service::http::{Json, Page, PageQuery, Path, Problem, present};
use nova_service::idempotency::IdempotencyKey;
use nova_service::tokens::Caller;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::{Draft, Edit, Post, PostType, Visibility};
use crate::error::Error;
use crate::state::State;
use crate::{commands, store};

/// A post to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftBody {
    /// Not only white space, and no control characters but tabs and line ends.
    #[schema(min_length = 1, max_length = 5_000)]
    content: String,
    #[serde(default, rename = "type")]
    kind: PostType,
    #[serde(default)]
    visibility: Visibility,
    /// Letters, digits, underscores and hyphens, 1 to 50 of them each, unique in whatever case.
    #[serde(default)]
    #[schema(max_items = 10)]
    tags: Vec<String>,
}

/// A change of a post. What is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditBody {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 5_000, nullable = false)]
    content: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    visibility: Option<Visibility>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 10, nullable = false)]
    tags: Option<Vec<String>>,
}

/// Posts something.
#[utoipa::path(
    post, path = "/v1/posts", tag = "posts",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send this again")),
    request_body = DraftBody,
    responses(
        (status = 201, description = "The new post", body = Post,
            headers(("Location" = String, description = "Where it is"))),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn create_post(
    caller: Caller,
    Shared(state): Shared<State>,
    key: IdempotencyKey,
    Json(body): Json<DraftBody>,
) -> Result<impl IntoResponse, Problem> {
    let draft = Draft::check(body.content, body.kind, body.visibility, body.tags)?;
    let mut tx = state.begin().await?;
    let answer = commands::create_post(&mut tx, &state.outbox, caller.user_id, draft, &key).await?;
    state.commit(tx).await?;
    let post: Post = answer.value()?;
    Ok(([(LOCATION, format!("/v1/posts/{}", post.id))], answer))
}

/// A post.
#[utoipa::path(
    get, path = "/v1/posts/{id}", tag = "posts",
    params(("id" = uuid::Uuid, Path, description = "The post")),
    responses((status = 200, description = "The post", body = Post)),
    security((), ("bearer" = [])),
)]
pub(super) async fn get_post(
    caller: Option<Caller>,
    Shared(state): Shared<State>,
    Path(id): Path<PostId>,
) -> Result<Json<Post>, Problem> {
    let viewer = caller.map(|caller| caller.user_id);
    let seen = store::posts::find(&state.database.pool, viewer, id).await;
    Ok(Json(seen.map_err(Error::from)?.ok_or(Error::NoSuchPost)?))
}

/// Edits one of the caller's posts.
#[utoipa::path(
    patch, path = "/v1/posts/{id}", tag = "posts",
    params(("id" = uuid::Uuid, Path, description = "The post")),
    request_body = EditBody,
    responses((status = 200, description = "The post after the edit", body = Post)),
    security(("bearer" = [])),
)]
pub(super) async fn update_post(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<PostId>,
    Json(body): Json<EditBody>,
) -> Result<Json<Post>, Problem> {
    let edit = Edit::check(body.content, body.visibility, body.tags)?;
    let mut tx = state.begin().await?;
    let post = commands::update_post(&mut tx, &state.outbox, caller.user_id, id, edit).await?;
    state.commit(tx).await?;
    Ok(Json(post))
}

/// Deletes one of the caller's posts.
#[utoipa::path(
    delete, path = "/v1/posts/{id}", tag = "posts",
    params(("id" = uuid::Uuid, Path, description = "The post")),
    responses((status = 204, description = "The post is gone for good")),
    security(("bearer" = [])),
)]
pub(super) async fn delete_post(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<PostId>,
) -> Result<StatusCode, Problem> {
    let mut tx = state.begin().await?;
    commands::delete_post(&mut tx, &state.outbox, caller.user_id, id).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A user's posts, newest first: those that the caller may see.
#[utoipa::path(
    get, path = "/v1/users/{id}/posts", tag = "posts",
    params(("id" = uuid::Uuid, Path, description = "The user"), PageQuery),
    responses((status = 200, description = "A page of posts", body = Page<Post>)),
    security((), ("bearer" = [])),
)]
pub(super) async fn list_user_posts(
    caller: Option<Caller>,
    Shared(state): Shared<State>,
    Path(author): Path<UserId>,
    page: PageQuery,
) -> Result<Json<Page<Post>>, Problem> {
    let viewer = caller.map(|caller| caller.user_id);
    Ok(Json(state.page_of_posts(viewer, author, page).await?))
}
