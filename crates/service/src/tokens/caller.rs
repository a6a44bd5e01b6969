//! Who is asking.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use nova_ids::{SessionId, UserId};
use nova_resilience::{Code, Fault};

use crate::http::Problem;

/// Who is asking: the bearer of a valid access token.
///
/// As an axum extractor it answers 401 to those who bring none; `Option<Caller>` lets them in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user_id: UserId,
    /// The session the token was given to.
    pub session_id: SessionId,
}

impl Caller {
    /// Who is asking, from a request's extensions: for gRPC, `request.extensions()`.
    ///
    /// # Errors
    /// [`Anonymous`] when the request brought no token.
    pub fn of(extensions: &http::Extensions) -> Result<Self, Anonymous> {
        extensions.get().copied().ok_or(Anonymous)
    }
}

/// The request needs a caller and has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this needs an access token")]
pub struct Anonymous;

impl Fault for Anonymous {
    fn code(&self) -> Code {
        Code::Unauthenticated
    }
}

/// Something was given as an access token that is none, or none any more. It never says why: that
/// would help only a forger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the access token is not valid")]
pub struct InvalidToken;

impl Fault for InvalidToken {
    fn code(&self) -> Code {
        Code::Unauthenticated
    }

    fn reason(&self) -> &'static str {
        "invalid_token"
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::of(&parts.extensions)?)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get().copied())
    }
}
