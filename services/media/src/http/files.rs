//! Files and thumbnails as they are opened: by their owner's token, or by a link. Avatars are open to all.

use axum::body::Body;
use axum::extract::{RawPathParams, State as Shared};
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use nova_ids::MediaId;
use nova_service::http::{ETag, IfNoneMatch, Path, Problem};
use nova_service::tokens::Caller;

use super::range::{Asked, asked};
use crate::state::{Served, State, Wanted};

/// The file of a medium, or a range of it.
#[utoipa::path(
    get, path = "/v1/media/{id}/content", tag = "media",
    params(
        ("id" = uuid::Uuid, Path, description = "The medium"),
        ("Range" = Option<String>, Header, description = "Which bytes of it: one range"),
        ("If-Range" = Option<String>, Header, description = "The `ETag` of what the caller has of it already"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the caller has already, or several"),
        ("expires" = Option<i64>, Query, description = "Of a link"),
        ("signature" = Option<String>, Query, description = "Of a link"),
    ),
    responses(
        (status = 200, description = "The file", content_type = "application/octet-stream"),
        (status = 206, description = "Those bytes of it", content_type = "application/octet-stream"),
        (status = 304, description = "It is as the caller has it"),
        (status = 404, description = "There is no such medium, or the caller has neither its owner's token nor a link"),
        (status = 409, description = "It is still being read"),
        (status = 416, description = "It has no such bytes"),
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn get_media_content(
    caller: Option<Caller>,
    Shared(state): Shared<State>,
    Path(id): Path<MediaId>,
    known: IfNoneMatch,
    request: Parts,
) -> Result<Response, Problem> {
    answer(&state, caller, id, Wanted::Content, &known, &request).await
}

/// A small picture of a medium: at most 320, 800 or 1,600 pixels wide and high.
#[utoipa::path(
    get, path = "/v1/media/{id}/thumbnail/{size}", tag = "media",
    params(
        ("id" = uuid::Uuid, Path, description = "The medium"),
        ("size" = String, Path, description = "`small`, `medium` or `large`"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the caller has already, or several"),
        ("expires" = Option<i64>, Query, description = "Of a link"),
        ("signature" = Option<String>, Query, description = "Of a link"),
    ),
    responses(
        (status = 200, description = "The picture", content_type = "image/webp"),
        (status = 206, description = "Some bytes of it", content_type = "image/webp"),
        (status = 304, description = "It is as the caller has it"),
        (status = 404, description = "There is no such picture, or the caller has neither its owner's token nor a link"),
        (status = 409, description = "It is still being made"),
        (status = 416, description = "It has no such bytes"),
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn get_media_thumbnail(
    caller: Option<Caller>,
    Shared(state): Shared<State>,
    Path(id): Path<MediaId>,
    names: RawPathParams,
    known: IfNoneMatch,
    request: Parts,
) -> Result<Response, Problem> {
    let wanted = Wanted::Thumbnail(second(&names));
    answer(&state, caller, id, wanted, &known, &request).await
}

/// A picture of somebody, square: 64, 128 or 400 pixels wide. Everybody may see it.
#[utoipa::path(
    get, path = "/v1/media/{id}/avatar/{size}", tag = "media",
    params(
        ("id" = uuid::Uuid, Path, description = "The medium"),
        ("size" = String, Path, description = "`64`, `128` or `400`"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the caller has already, or several"),
    ),
    responses(
        (status = 200, description = "The picture", content_type = "image/webp"),
        (status = 206, description = "Some bytes of it", content_type = "image/webp"),
        (status = 304, description = "It is as the caller has it"),
        (status = 404, description = "There is no such picture, or nobody wears it"),
        (status = 416, description = "It has no such bytes"),
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn get_media_avatar(
    caller: Option<Caller>,
    Shared(state): Shared<State>,
    Path(id): Path<MediaId>,
    names: RawPathParams,
    known: IfNoneMatch,
    request: Parts,
) -> Result<Response, Problem> {
    let wanted = Wanted::Avatar(second(&names));
    answer(&state, caller, id, wanted, &known, &request).await
}

fn second(names: &RawPathParams) -> &str {
    names.iter().nth(1).map_or("", |(_, name)| name)
}

async fn answer(
    state: &State,
    caller: Option<Caller>,
    id: MediaId,
    wanted: Wanted<'_>,
    known: &IfNoneMatch,
    request: &Parts,
) -> Result<Response, Problem> {
    let viewer = caller.map(|caller| caller.user_id);
    let place = (request.uri.path(), request.uri.query());
    let served = state.find_served(viewer, id, wanted, place).await?;
    let tag = ETag::of_name(&served.tag);
    let mut headers = headers(state, &served, wanted, &tag);
    if known.has(&tag) {
        headers.remove(CONTENT_TYPE);
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let is_head = request.method == Method::HEAD;
    let asked = match is_head {
        true => Asked::All,
        false => asked(&request.headers, &tag.quoted(), served.length),
    };
    let (status, range) = match asked {
        Asked::All => (StatusCode::OK, 0..served.length),
        Asked::Part(range) => {
            let text = format!("bytes {}-{}/{}", range.start, range.end - 1, served.length);
            set(&mut headers, CONTENT_RANGE, &text);
            (StatusCode::PARTIAL_CONTENT, range)
        }
        Asked::Beyond => {
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            let detail = format!("it has {} bytes", served.length);
            let problem = Problem::new(status, "range_not_satisfiable", detail);
            let mut response = problem.into_response();
            let all = format!("bytes */{}", served.length);
            set(response.headers_mut(), CONTENT_RANGE, &all);
            return Ok(response);
        }
    };
    set(
        &mut headers,
        CONTENT_LENGTH,
        &(range.end - range.start).to_string(),
    );
    let body = if is_head {
        Body::empty()
    } else {
        match state.open_served(&served, range).await {
            Ok(bytes) => Body::from_stream(bytes),
            Err(error) => {
                // It may have gone since it was looked up: then it is 404.
                state.look_again();
                drop(state.find_served(viewer, id, wanted, place).await?);
                return Err(error.into());
            }
        }
    };
    Ok((status, headers, body).into_response())
}

fn headers(state: &State, served: &Served, wanted: Wanted<'_>, tag: &ETag) -> HeaderMap {
    let seconds = state.config.link_ttl.as_secs();
    let who = match wanted {
        Wanted::Avatar(_) => "public",
        Wanted::Content | Wanted::Thumbnail(_) => "private",
    };
    let mut headers = HeaderMap::new();
    set(&mut headers, CONTENT_TYPE, &served.mime_type);
    set(&mut headers, ETAG, &tag.quoted());
    set(
        &mut headers,
        CACHE_CONTROL,
        &format!("{who}, max-age={seconds}, immutable"),
    );
    set(&mut headers, ACCEPT_RANGES, "bytes");
    set(&mut headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(
        &mut headers,
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; sandbox",
    );
    headers
}

fn set(headers: &mut HeaderMap, name: http::HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
