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

/// The two variable parts of a route's path, as [`Path`] reads one.
#[derive(Debug, Clone, Copy)]
pub struct Path2<A, B>(pub A, pub B);

/// The three variable parts of a route's path, as [`Path`] reads one.
#[derive(Debug, Clone, Copy)]
pub struct Path3<A, B, C>(pub A, pub B, pub C);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        Ok(Self(read(&params, 0)?))
    }
}

impl<A: FromStr, B: FromStr, S: Send + Sync> FromRequestParts<S> for Path2<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        Ok(Self(read(&params, 0)?, read(&params, 1)?))
    }
}

impl<A: FromStr, B: FromStr, C: FromStr, S: Send + Sync> FromRequestParts<S> for Path3<A, B, C> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        Ok(Self(
            read(&params, 0)?,
            read(&params, 1)?,
            read(&params, 2)?,
        ))
    }
}

async fn params<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<RawPathParams, Problem> {
    // Refused when a part is not UTF-8 once its percent signs are decoded.
    RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| invalid("path", "invalid_encoding", "is not valid UTF-8"))
}

fn read<T: FromStr>(params: &RawPathParams, place: usize) -> Result<T, Problem> {
    let Some((name, text)) = params.iter().nth(place) else {
        tracing::error!("a handler reads a part of the path that its route does not have");
        return Err(Problem::internal());
    };
    text.parse()
        .map_err(|_| invalid(name, "invalid_id", "is not an id"))
}

fn invalid(field: &str, code: &'static str, message: &str) -> Problem {
    let detail = "the path is not valid";
    let fields = vec![FieldError::new(field, code, message)];
    Problem::new(StatusCode::BAD_REQUEST, "invalid_request", detail).with_fields(fields)
}
