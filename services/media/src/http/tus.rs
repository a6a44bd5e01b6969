//! The headers of tus 1.0.0 (<https://tus.io/protocols/resumable-upload>).

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use nova_resilience::Invalid;
use nova_service::http::Problem;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::domain::Draft;
use crate::error::Error;
use crate::state::Checksum;

pub(super) const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(super) const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
pub(super) const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
pub(super) const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
pub(super) const TUS_CHECKSUM_ALGORITHM: HeaderName =
    HeaderName::from_static("tus-checksum-algorithm");
pub(super) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(super) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(super) const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub(super) const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const UPLOAD_DEFER_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");

pub(super) const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
pub(super) const EXTENSIONS: HeaderValue =
    HeaderValue::from_static("creation,creation-with-upload,checksum,termination,expiration");

/// The media type of pieces.
const PIECE: &[u8] = b"application/offset+octet-stream";

/// The longest metadata: what is said of a file may have 1,500 characters, in base64.
const LONGEST_METADATA: usize = 16_384;

/// RFC 9110, section 5.6.7.
const HTTP_DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// The request speaks the version that is spoken here; 412 to all others.
pub(super) struct Tus;

impl<S: Sync> FromRequestParts<S> for Tus {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        if only(&parts.headers, &TUS_RESUMABLE) == Some(&VERSION) {
            return Ok(Self);
        }
        let detail = "Tus-Resumable must be 1.0.0";
        let status = StatusCode::PRECONDITION_FAILED;
        let mut response = Problem::new(status, "unsupported_version", detail).into_response();
        response.headers_mut().insert(TUS_VERSION, VERSION);
        Err(response)
    }
}

/// Says in every answer which version is spoken here.
pub(super) async fn speaks_tus(mut response: Response) -> Response {
    response.headers_mut().insert(TUS_RESUMABLE, VERSION);
    response
}

/// The answer to what went wrong, as tus has it.
pub(super) fn problem(error: Error) -> Problem {
    match error {
        Error::UploadEnded => Problem::new(StatusCode::GONE, "upload_ended", error.to_string()),
        Error::ChecksumMismatch => {
            // 460 is tus's own.
            let status = StatusCode::from_u16(460).unwrap_or(StatusCode::BAD_REQUEST);
            Problem::new(status, "checksum_mismatch", error.to_string())
        }
        other => other.into(),
    }
}

/// Where the piece begins.
pub(super) fn offset(headers: &HeaderMap) -> Result<u64, Problem> {
    number(headers, &UPLOAD_OFFSET)?.ok_or_else(|| wrong("Upload-Offset", "required", "is missing"))
}

/// How long the file will be.
pub(super) fn length(headers: &HeaderMap) -> Result<u64, Problem> {
    if headers.contains_key(UPLOAD_DEFER_LENGTH) {
        let message = "is not taken: say how long the file is";
        return Err(wrong("Upload-Defer-Length", "unsupported", message));
    }
    number(headers, &UPLOAD_LENGTH)?.ok_or_else(|| wrong("Upload-Length", "required", "is missing"))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text
        .parse()
        .ok()
        .filter(|_| is_number && values.next().is_none());
    let written = || wrong(canonical(name), "invalid_value", "must be one whole number");
    number.map(Some).ok_or_else(written)
}

/// Whether the body is a piece of a file.
pub(super) fn is_piece(headers: &HeaderMap) -> bool {
    only(headers, &CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().eq_ignore_ascii_case(PIECE))
}

/// What the piece must come to, if that was said.
pub(super) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Problem> {
    if !headers.contains_key(UPLOAD_CHECKSUM) {
        return Ok(None);
    }
    let given = only(headers, &UPLOAD_CHECKSUM).and_then(|value| value.to_str().ok());
    let parsed = given.and_then(|text| {
        let (algorithm, sum) = text.split_once(' ')?;
        Checksum::new(algorithm, STANDARD.decode(sum).ok()?)
    });
    let message = "must be one of sha1, sha256, a space, and that sum in base64";
    parsed
        .map(Some)
        .ok_or_else(|| wrong("Upload-Checksum", "invalid_value", message))
}

/// `Upload-Metadata`, as it came, and what it says.
pub(super) fn metadata(headers: &HeaderMap) -> Result<(String, Draft), Problem> {
    if !headers.contains_key(UPLOAD_METADATA) {
        return Ok((String::new(), Draft::default()));
    }
    let malformed = || {
        let message =
            "must be keys, each with a text in base64 behind a space, with commas between them";
        wrong("Upload-Metadata", "invalid_value", message)
    };
    let given = only(headers, &UPLOAD_METADATA).and_then(|value| value.to_str().ok());
    let given = given.filter(|text| text.len() <= LONGEST_METADATA);
    let text = given.ok_or_else(malformed)?;
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for pair in text
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
    {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = STANDARD.decode(value.trim()).map_err(|_| malformed())?;
        let is_twice = pairs.iter().any(|(other, _)| *other == key);
        // Of keys that nobody here knows not even the text matters.
        let value = match (key, String::from_utf8(value)) {
            (_, Ok(value)) => value,
            ("post_id" | "purpose" | "alt", Err(_)) => return Err(malformed()),
            (_, Err(_)) => String::new(),
        };
        if is_twice {
            return Err(malformed());
        }
        pairs.push((key, value));
    }
    let said = |key: &str| {
        let found = pairs.iter().find(|(other, _)| *other == key);
        found.map(|(_, value)| value.clone())
    };
    let checked = Draft::check(
        said("post_id").as_deref(),
        said("purpose").as_deref(),
        said("alt"),
    );
    let draft = checked.map_err(|invalid: Invalid| Problem::from(invalid))?;
    Ok((text.to_owned(), draft))
}

/// A time as HTTP writes it.
pub(super) fn date(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC)
        .format(HTTP_DATE)
        .unwrap_or_default()
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

fn canonical(name: &HeaderName) -> &'static str {
    if *name == UPLOAD_OFFSET {
        "Upload-Offset"
    } else {
        "Upload-Length"
    }
}

fn wrong(field: &str, code: &'static str, message: &str) -> Problem {
    Problem::invalid_field(field, code, message)
}
