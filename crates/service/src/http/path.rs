//! The variable part of a path.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use http::StatusCode;
use http::request::Parts;
use nova_resilience::FieldError;

use super::problem::Problem;

/// The one variable part of a route's path, `{id}`, as an id or a `String`.
///
/// What cannot be read answers 400 `invalid_request` with the part's name and `invalid_id`.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // Refused when a part is not UTF-8 once its percent signs are decoded.
        let Ok(params) = RawPathParams::from_request_parts(parts, state).await else {
            return Err(invalid("path", "invalid_encoding", "is not valid UTF-8"));
        };
        let mut params = params.iter();
        let Some((name, text)) = params.next() else {
            tracing::error!("a handler reads a part of the path that its route does not have");
            return Err(Problem::internal());
        };
        text.parse()
            .map(Self)
            .map_err(|_| invalid(name, "invalid_id", "is not an id"))
    }
}

fn invalid(field: &str, code: &'static str, message: &str) -> Problem {
    let detail = "the path is not valid";
    let fields = vec![FieldError::new(field, code, message)];
    Problem::new(StatusCode::BAD_REQUEST, "invalid_request", detail).with_fields(fields)
}
