//! Posts.

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use nova_ids::{MediaId, PostId, UserId};
use nova_service::http::{
    ETag, IfMatch, IfNoneMatch, Json, Page, PageQuery, Path, Problem, present,
};
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
    /// Not only white space unless there are media, and no control characters but tabs and line ends.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 5_000, nullable = false)]
    content: Option<String>,
    /// That of the first medium if nothing is said, `TEXT` without one.
    #[serde(default, rename = "type", deserialize_with = "present")]
    #[schema(nullable = false)]
    kind: Option<PostType>,
    #[serde(default)]
    visibility: Visibility,
    /// Letters, digits, underscores and hyphens, 1 to 50 of them each, unique in whatever case.
    #[serde(default)]
    #[schema(max_items = 10)]
    tags: Vec<String>,
    /// No two alike, in the order in which they are shown. Only the caller's own ever are.
    #[serde(default)]
    #[schema(max_items = 10, value_type = Vec<uuid::Uuid>)]
    media_ids: Vec<MediaId>,
}

/// A change of a post. What is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditBody {
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 5_000, nullable = false)]
    content: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    visibility: Option<Visibility>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 10, nullable = false)]
    tags: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 10, nullable = false, value_type = Vec<uuid::Uuid>)]
    media_ids: Option<Vec<MediaId>>,
}

/// Posts something.
#[utoipa::path(
    post, path = "/v1/posts", tag = "posts",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send this again")),
    request_body = DraftBody,
    responses(
        (status = 201, description = "The new post", body = Post,
            headers(
                ("Location" = String, description = "Where it is"),
                ("ETag" = String, description = "Its revision in quotes"),
            )),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn create_post(
    caller: Caller,
    Shared(state): Shared<State>,
    key: IdempotencyKey,
    Json(body): Json<DraftBody>,
) -> Result<impl IntoResponse, Problem> {
    let draft = Draft::check(
        body.content,
        body.kind,
        body.visibility,
        body.tags,
        body.media_ids,
    )?;
    let mut tx = state.begin().await?;
    let answer = commands::create_post(&mut tx, &state.outbox, caller.user_id, draft, &key).await?;
    state.commit(tx).await?;
    let post: Post = answer.value()?;
    let location = [(LOCATION, format!("/v1/posts/{}", post.id))];
    let tag = ETag::of_revision(post.revision);
    // The links of then may be over; what was answered without any is answered again as it was.
    let answer = if post.media.is_empty() {
        answer
    } else {
        answer.with_json(&state.shown(post))?
    };
    Ok((location, tag, answer))
}

/// A post.
#[utoipa::path(
    get, path = "/v1/posts/{id}", tag = "posts",
    params(
        ("id" = uuid::Uuid, Path, description = "The post"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the caller has already, or several"),
    ),
    responses(
        (status = 200, description = "The post", body = Post,
            headers(("ETag" = String, description = "Its revision in quotes"))),
        (status = 304, description = "The post is as the caller has it",
            headers(("ETag" = String, description = "Its revision in quotes"))),
        (status = 404, description = "There is no such post, or none that the caller may see"),
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn get_post(
    caller: Option<Caller>,
    Shared(state): Shared<State>,
    Path(id): Path<PostId>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let viewer = caller.map(|caller| caller.user_id);
    let seen = store::posts::find(&state.database.pool, viewer, id).await;
    let post = seen.map_err(Error::from)?.ok_or(Error::NoSuchPost)?;
    let tag = ETag::of_revision(post.revision);
    // Links end, and so does what the caller has of media.
    if known.has(&tag) && post.media.is_empty() {
        return Ok((StatusCode::NOT_MODIFIED, tag, ()).into_response());
    }
    Ok((tag, Json(state.shown(post))).into_response())
}

/// Edits one of the caller's posts.
#[utoipa::path(
    patch, path = "/v1/posts/{id}", tag = "posts",
    params(
        ("id" = uuid::Uuid, Path, description = "The post"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the post that the edit is meant for, or several"),
    ),
    request_body = EditBody,
    responses(
        (status = 200, description = "The post after the edit", body = Post,
            headers(("ETag" = String, description = "Its revision in quotes"))),
        (status = 403, description = "The post is somebody else's"),
        (status = 404, description = "There is no such post, or none that the caller may see"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn update_post(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<PostId>,
    meant: IfMatch,
    Json(body): Json<EditBody>,
) -> Result<(ETag, Json<Post>), Problem> {
    let edit = Edit::check(body.content, body.visibility, body.tags, body.media_ids)?;
    let mut tx = state.begin().await?;
    let (outbox, editor) = (&state.outbox, caller.user_id);
    let post = commands::update_post(&mut tx, outbox, editor, id, edit, &meant).await?;
    state.commit(tx).await?;
    Ok((ETag::of_revision(post.revision), Json(state.shown(post))))
}

/// Deletes one of the caller's posts.
#[utoipa::path(
    delete, path = "/v1/posts/{id}", tag = "posts",
    params(
        ("id" = uuid::Uuid, Path, description = "The post"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the post that is meant, or several"),
    ),
    responses(
        (status = 204, description = "The post is gone for good"),
        (status = 403, description = "The post is somebody else's"),
        (status = 404, description = "There is no such post, or none that the caller may see"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn delete_post(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<PostId>,
    meant: IfMatch,
) -> Result<StatusCode, Problem> {
    let mut tx = state.begin().await?;
    commands::delete_post(&mut tx, &state.outbox, caller.user_id, id, &meant).await?;
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
    let mut page = state.page_of_posts(viewer, author, page).await?;
    page.items = page
        .items
        .into_iter()
        .map(|post| state.shown(post))
        .collect();
    Ok(Json(page))
}
