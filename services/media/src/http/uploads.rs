//! Files that come in pieces: tus 1.0.0.

use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use nova_ids::{MediaId, UserId};
use nova_service::http::{Path, Problem, unreadable};
use nova_service::tokens::Caller;

use super::tus::{self, Tus};
use crate::domain::Upload;
use crate::error::Error;
use crate::state::{Checksum, State};

/// What this server can do (tus 1.0.0).
#[utoipa::path(
    options, path = "/v1/media/uploads", tag = "uploads",
    responses((status = 204, description = "See the headers", headers(
        ("Tus-Version" = String, description = "Versions of the protocol"),
        ("Tus-Extension" = String, description = "Extensions of it"),
        ("Tus-Max-Size" = u64, description = "The most bytes of a file"),
        ("Tus-Checksum-Algorithm" = String, description = "What a piece may be summed up by"),
    ))),
    security(("bearer" = [])),
)]
pub(super) async fn get_upload_options(_: Caller, Shared(state): Shared<State>) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(tus::TUS_VERSION, tus::VERSION);
    headers.insert(tus::TUS_EXTENSION, tus::EXTENSIONS);
    headers.insert(tus::TUS_MAX_SIZE, HeaderValue::from(state.longest()));
    set(
        &mut headers,
        tus::TUS_CHECKSUM_ALGORITHM,
        Checksum::ALGORITHMS,
    );
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Begins an upload, perhaps with its first piece (tus 1.0.0).
#[utoipa::path(
    post, path = "/v1/media/uploads", tag = "uploads",
    params(
        ("Tus-Resumable" = String, Header, description = "`1.0.0`"),
        ("Upload-Length" = u64, Header, description = "How many bytes the file has"),
        ("Upload-Metadata" = Option<String>, Header, description = "`filename`, `filetype`, `post_id`, `purpose`, `alt`, each with a text in base64"),
        ("Upload-Checksum" = Option<String>, Header, description = "What the first piece comes to"),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 201, description = "The upload has begun", headers(
            ("Location" = String, description = "Where its pieces are sent to"),
            ("Upload-Offset" = u64, description = "How much of it has come"),
            ("Upload-Expires" = String, description = "When it ends if it is not whole"),
        )),
        (status = 408, description = "The first piece came too slowly"),
        (status = 412, description = "Another version of the protocol"),
        (status = 422, description = "There is no room for one more"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn create_upload(
    caller: Caller,
    Shared(state): Shared<State>,
    _: Tus,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers();
    let length = tus::length(headers)?;
    let (metadata, draft) = tus::metadata(headers)?;
    let checksum = tus::checksum(headers)?;
    let has_piece = tus::is_piece(headers);
    let owner = caller.user_id;
    state.count_upload(owner).await?;
    let created = state.create_upload(owner, draft, metadata, length).await;
    let upload = created.map_err(tus::problem)?;
    let mut answer = HeaderMap::new();
    set(
        &mut answer,
        LOCATION,
        &format!("/v1/media/uploads/{}", upload.id),
    );
    set(
        &mut answer,
        tus::UPLOAD_EXPIRES,
        &tus::date(upload.expires_at),
    );
    if has_piece {
        let body = request.into_body();
        let written = write(state, owner, upload.id, 0, checksum, body).await;
        answer.insert(tus::UPLOAD_OFFSET, HeaderValue::from(written?));
    }
    Ok((StatusCode::CREATED, answer).into_response())
}

/// How much of an upload has come (tus 1.0.0).
#[utoipa::path(
    head, path = "/v1/media/uploads/{id}", tag = "uploads",
    params(
        ("id" = uuid::Uuid, Path, description = "The upload"),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`"),
    ),
    responses(
        (status = 200, description = "See the headers", headers(
            ("Upload-Offset" = u64, description = "How much of it has come"),
            ("Upload-Length" = u64, description = "How many bytes it has"),
            ("Upload-Metadata" = String, description = "As it was begun"),
            ("Upload-Expires" = String, description = "When it ends if it is not whole"),
        )),
        (status = 404, description = "The caller has no such upload"),
        (status = 410, description = "It has ended without becoming whole"),
        (status = 412, description = "Another version of the protocol"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn get_upload(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<MediaId>,
    _: Tus,
) -> Result<Response, Problem> {
    let found = state.upload_of(caller.user_id, id).await;
    let upload = found.map_err(tus::problem)?;
    let mut headers = progress(&upload);
    headers.insert(tus::UPLOAD_LENGTH, HeaderValue::from(upload.length));
    if !upload.metadata.is_empty() {
        set(&mut headers, tus::UPLOAD_METADATA, &upload.metadata);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((StatusCode::OK, headers).into_response())
}

/// Sends more of an upload (tus 1.0.0).
#[utoipa::path(
    patch, path = "/v1/media/uploads/{id}", tag = "uploads",
    params(
        ("id" = uuid::Uuid, Path, description = "The upload"),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`"),
        ("Upload-Offset" = u64, Header, description = "Where the piece begins: what has come of the file"),
        ("Upload-Checksum" = Option<String>, Header, description = "What the piece comes to: `sha1` or `sha256`, a space, and the sum in base64"),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, description = "The piece has come", headers(
            ("Upload-Offset" = u64, description = "How much of the file has come"))),
        (status = 404, description = "The caller has no such upload"),
        (status = 408, description = "The piece came too slowly; what came of it counts"),
        (status = 409, description = "The upload goes on at another byte, or somebody else sends more of it"),
        (status = 410, description = "It has ended without becoming whole"),
        (status = 412, description = "Another version of the protocol"),
        (status = 460, description = "The piece comes to something else; nothing of it counts"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn update_upload(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<MediaId>,
    _: Tus,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers();
    if !tus::is_piece(headers) {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let detail = "a piece is application/offset+octet-stream";
        return Err(Problem::new(status, "unsupported_media_type", detail));
    }
    let start = tus::offset(headers)?;
    let checksum = tus::checksum(headers)?;
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let owner = caller.user_id;
    let upload = state.upload_of(owner, id).await.map_err(tus::problem)?;
    // Before a byte of it is read.
    if upload.received == start
        && announced.is_some_and(|more: u64| start.saturating_add(more) > upload.length)
    {
        return Err(Error::Overlong(upload.length).into());
    }
    let body = request.into_body();
    let received = write(state, owner, id, start, checksum, body).await?;
    let headers = [(tus::UPLOAD_OFFSET, HeaderValue::from(received))];
    let mut response = (StatusCode::NO_CONTENT, headers).into_response();
    if received < upload.length {
        let expires = tus::date(upload.expires_at);
        set(response.headers_mut(), tus::UPLOAD_EXPIRES, &expires);
    }
    Ok(response)
}

/// Ends an upload, or deletes what it has become (tus 1.0.0).
#[utoipa::path(
    delete, path = "/v1/media/uploads/{id}", tag = "uploads",
    params(
        ("id" = uuid::Uuid, Path, description = "The upload"),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`"),
    ),
    responses(
        (status = 204, description = "What had come of it is gone"),
        (status = 404, description = "The caller has no such upload"),
        (status = 410, description = "It has ended already"),
        (status = 412, description = "Another version of the protocol"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn end_upload(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<MediaId>,
    _: Tus,
) -> Result<StatusCode, Problem> {
    let ended = state.end_upload(caller.user_id, id).await;
    ended.map_err(tus::problem)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes a piece, also when the connection is gone by then: what has come counts.
async fn write(
    state: State,
    owner: UserId,
    id: MediaId,
    start: u64,
    checksum: Option<Checksum>,
    body: Body,
) -> Result<u64, Problem> {
    let writing = tokio::spawn(async move {
        let mut broken = None;
        let mut bytes = body.into_data_stream();
        let written =
            Box::pin(state.write_upload(owner, id, start, checksum, &mut bytes, &mut broken));
        let written = written.await.map_err(tus::problem);
        match broken {
            Some(error) => Err(unreadable(&error)),
            None => written,
        }
    });
    match writing.await {
        Ok(written) => written,
        Err(error) => {
            tracing::error!(%error, "a piece ended");
            Err(Problem::internal())
        }
    }
}

fn progress(upload: &Upload) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(tus::UPLOAD_OFFSET, HeaderValue::from(upload.received));
    if upload.received < upload.length {
        set(
            &mut headers,
            tus::UPLOAD_EXPIRES,
            &tus::date(upload.expires_at),
        );
    }
    headers
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
