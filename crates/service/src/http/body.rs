//! Bodies that could not be read to their end.

use std::error::Error;

use http::StatusCode;

use super::problem::Problem;

/// A body is longer than its route takes.
#[derive(Debug, thiserror::Error)]
#[error("the body is too long")]
pub(crate) struct BodyTooLong;

/// The client sends a body too slowly, or nothing more of it.
#[derive(Debug, thiserror::Error)]
#[error("the body comes too slowly")]
pub(crate) struct BodyTooSlow;

/// 413: the body is longer than its route takes.
pub(crate) fn too_large() -> Problem {
    let detail = "the body is longer than this server takes";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
}

/// What a client is told whose body could not be read to its end: 413 `payload_too_large`, 408 `too_slow` where a route
/// times bodies by their progress ([`Service::allow`](crate::Service::allow)), or 400 `malformed_body`.
#[must_use]
pub fn unreadable(error: &(dyn Error + 'static)) -> Problem {
    let mut cause = Some(error);
    while let Some(this) = cause {
        if this.is::<BodyTooLong>() {
            return too_large();
        }
        if this.is::<BodyTooSlow>() {
            let detail = "the body came too slowly";
            return Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail);
        }
        cause = this.source();
    }
    // The client went away or broke its own framing; nobody reads this answer.
    let detail = "the body could not be read to its end";
    Problem::new(StatusCode::BAD_REQUEST, "malformed_body", detail)
}
