//! Media: files that come in one request, and lists of one's own.

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use nova_ids::MediaId;
use nova_service::http::{Json, Page, PageQuery, Path, Problem};
use nova_service::idempotency::{IDEMPOTENCY_REPLAYED, IdempotencyKey};
use nova_service::tokens::Caller;
use utoipa::ToSchema;

use super::form::{self, Form, Refused};
use crate::commands;
use crate::domain::{Medium, Shown};
use crate::state::State;

/// A file and what is said of it, in this order.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "it is read as it comes, and stands here for the document"
)]
pub(super) struct FileForm {
    /// The post that it belongs to, if it is known already.
    post_id: Option<uuid::Uuid>,
    /// `post`, if nothing is said, or `avatar`.
    purpose: Option<String>,
    /// What is told to who does not see it.
    #[schema(max_length = 1_500)]
    alt: Option<String>,
    /// The last part. Its bytes decide what it is: `JPEG`, `PNG`, `GIF`, `WebP`; `MP4`, `MOV`, `WebM`; `MP3`, `OGG`, `WAV`.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Uploads a picture, a video or a sound.
#[utoipa::path(
    post, path = "/v1/media", tag = "media",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send this again")),
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "The medium, which is shown once it has been read", body = Shown,
            headers(("Location" = String, description = "Where it is"))),
        (status = 408, description = "The file came too slowly"),
        (status = 422, description = "There is no room for one more"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn create_media(
    caller: Caller,
    Shared(state): Shared<State>,
    key: IdempotencyKey,
    form: Form,
) -> Result<Response, Problem> {
    state.count_upload(caller.user_id).await?;
    let shown = state.clone();
    // Whatever becomes of the connection, what has come is seen to.
    let taken = tokio::spawn(form::take(state, caller.user_id, key, form));
    let answer = match taken.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(Refused(problem))) => return Err(problem),
        Err(error) => {
            tracing::error!(%error, "an upload ended");
            return Err(Problem::internal());
        }
    };
    let medium: Medium = answer.value()?;
    let location = [(LOCATION, format!("/v1/media/{}", medium.id))];
    let body = Json(shown.shown(&medium));
    let mut response = (StatusCode::CREATED, location, body).into_response();
    if answer.is_replay() {
        let replayed = http::HeaderValue::from_static("true");
        response
            .headers_mut()
            .insert(IDEMPOTENCY_REPLAYED, replayed);
    }
    Ok(response)
}

/// The caller's media, newest first.
#[utoipa::path(
    get, path = "/v1/media", tag = "media",
    params(PageQuery),
    responses((status = 200, description = "A page of media", body = Page<Shown>)),
    security(("bearer" = [])),
)]
pub(super) async fn list_media(
    caller: Caller,
    Shared(state): Shared<State>,
    page: PageQuery,
) -> Result<Json<Page<Shown>>, Problem> {
    Ok(Json(state.page_of_media(caller.user_id, page).await?))
}

/// One of the caller's media.
#[utoipa::path(
    get, path = "/v1/media/{id}", tag = "media",
    params(("id" = uuid::Uuid, Path, description = "The medium")),
    responses(
        (status = 200, description = "The medium", body = Shown),
        (status = 404, description = "The caller has no such medium"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn get_media(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<MediaId>,
) -> Result<Json<Shown>, Problem> {
    let medium = state.medium_of(caller.user_id, id).await?;
    Ok(Json(state.shown(&medium)))
}

/// Deletes one of the caller's media, also from posts.
#[utoipa::path(
    delete, path = "/v1/media/{id}", tag = "media",
    params(("id" = uuid::Uuid, Path, description = "The medium")),
    responses(
        (status = 204, description = "The medium is gone for good"),
        (status = 404, description = "The caller has no such medium"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn delete_media(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<MediaId>,
) -> Result<StatusCode, Problem> {
    let mut tx = state.begin().await?;
    commands::delete_medium(&mut tx, &state.outbox, caller.user_id, id).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
