//! Errors as RFC 9457 problem details.

use std::borrow::Cow;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use nova_resilience::{Chain, Code, Fault, FieldError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::telemetry;

/// The media type of problem bodies.
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// An error on its way to an HTTP client. Every [`Fault`] becomes one with `?`.
///
/// Faults that are ours ([`Code::Internal`], [`Code::Unavailable`], [`Code::Timeout`]) are logged
/// with all their causes when they become a problem, and the client is told nothing of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    fields: Vec<FieldError>,
    retry_after: Option<Duration>,
}

impl Problem {
    /// A problem with a stable `code` for programs and a `detail` for people.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            fields: Vec::new(),
            retry_after: None,
        }
    }

    /// 400 `validation_failed`: these fields are wrong.
    #[must_use]
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let detail = "some fields are not valid";
        Self::new(StatusCode::BAD_REQUEST, "validation_failed", detail).with_fields(fields)
    }

    /// 400 `validation_failed`: this one field is wrong.
    pub fn invalid_field(
        field: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self::invalid(vec![FieldError::new(field, code, message)])
    }

    /// The same problem, naming these fields.
    #[must_use]
    pub fn with_fields(self, fields: Vec<FieldError>) -> Self {
        Self { fields, ..self }
    }

    /// 500 `internal`, which says nothing more.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", INTERNAL)
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The sentence for people.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The wrong fields.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }
}

const INTERNAL: &str = "something went wrong on our side";
const UNAVAILABLE: &str = "something we need is not reachable now, please try again";
const TIMEOUT: &str = "the answer took too long; it may or may not have happened";

/// What may be told of a fault of ours, after it was logged; none for faults of the client's.
pub(crate) fn concealed(fault: &impl Fault) -> Option<&'static str> {
    match fault.code() {
        Code::Internal => {
            tracing::error!(error = %Chain(fault), "a request failed");
            Some(INTERNAL)
        }
        Code::Unavailable => {
            tracing::warn!(error = %Chain(fault), "a request could not be served");
            Some(UNAVAILABLE)
        }
        Code::Timeout => {
            tracing::warn!(error = %Chain(fault), "a request took too long");
            Some(TIMEOUT)
        }
        Code::Invalid
        | Code::Unauthenticated
        | Code::Forbidden
        | Code::NotFound
        | Code::Conflict
        | Code::TooMany => None,
    }
}

impl<E: Fault> From<E> for Problem {
    fn from(fault: E) -> Self {
        let concealed = concealed(&fault);
        Self {
            status: status(fault.code(), fault.reason()),
            code: if concealed.is_some() {
                fault.code().as_str()
            } else {
                fault.reason()
            },
            detail: concealed.map_or_else(|| fault.to_string().into(), Cow::Borrowed),
            fields: fault.fields().to_vec(),
            retry_after: fault.retry_after(),
        }
    }
}

/// The reason of [`PreconditionFailed`](super::PreconditionFailed), for which HTTP has a status of its own.
pub(crate) const PRECONDITION_FAILED: &str = "precondition_failed";

/// The HTTP status of a code, but where HTTP has one of its own for the reason.
fn status(code: Code, reason: &str) -> StatusCode {
    match (code, reason) {
        (
            Code::Invalid,
            "idempotency_key_reused"
            | "client_message_id_reused"
            | "direct_conversation"
            | "no_such_message"
            | "not_yet"
            | "oneself"
            | "too_many",
        ) => StatusCode::UNPROCESSABLE_ENTITY,
        (Code::Invalid, "payload_too_large") => StatusCode::PAYLOAD_TOO_LARGE,
        (Code::Invalid, "unsupported_media_type") => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        (Code::Invalid, _) => StatusCode::BAD_REQUEST,
        (Code::Unauthenticated, _) => StatusCode::UNAUTHORIZED,
        (Code::Forbidden, _) => StatusCode::FORBIDDEN,
        (Code::NotFound, _) => StatusCode::NOT_FOUND,
        (Code::Conflict, PRECONDITION_FAILED) => StatusCode::PRECONDITION_FAILED,
        (Code::Conflict, _) => StatusCode::CONFLICT,
        (Code::TooMany, _) => StatusCode::TOO_MANY_REQUESTS,
        (Code::Unavailable | Code::Timeout, _) => StatusCode::SERVICE_UNAVAILABLE,
        (Code::Internal, _) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The body of every error (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Body<'a> {
    /// Always `about:blank`: `code` is what tells problems apart.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The HTTP status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong, for people.
    detail: &'a str,
    /// What is wrong, for programs: a stable word.
    code: &'static str,
    /// Names this request in our logs and traces.
    trace_id: String,
    /// The wrong fields, if fields are what is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<Wrong<'a>>,
}

/// A wrong field.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldError)]
struct Wrong<'a> {
    /// The field's path, e.g. `tags[2]`.
    field: &'a str,
    /// A stable word for programs, e.g. `too_long`.
    code: &'static str,
    /// A sentence for people.
    message: &'a str,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let errors = self.fields.iter().map(|wrong| Wrong {
            field: &wrong.field,
            code: wrong.code,
            message: &wrong.message,
        });
        let body = Body {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            trace_id: telemetry::trace_id(),
            errors: errors.collect(),
        };
        // Strings and numbers only: this cannot fail.
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (self.status, [(CONTENT_TYPE, PROBLEM_JSON)], bytes).into_response();
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, challenge(self.code));
        }
        response
    }
}

/// Seconds, rounded up: who comes back after them comes late enough.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// RFC 6750 section 3: no error word when no token was brought.
fn challenge(code: &str) -> HeaderValue {
    HeaderValue::from_static(if code == "invalid_token" {
        "Bearer error=\"invalid_token\""
    } else {
        "Bearer"
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::{Anonymous, InvalidToken};

    #[derive(Debug, thiserror::Error)]
    #[error("the table is locked")]
    struct Broken(Code);

    impl Fault for Broken {
        fn code(&self) -> Code {
            self.0
        }

        fn retry_after(&self) -> Option<Duration> {
            Some(Duration::from_millis(1_200))
        }
    }

    #[test]
    fn what_is_ours_is_not_told() {
        for (code, status) in [
            (Code::Internal, 500),
            (Code::Unavailable, 503),
            (Code::Timeout, 503),
        ] {
            let problem = Problem::from(Broken(code));
            assert_eq!(problem.status().as_u16(), status);
            assert_eq!(problem.code(), code.as_str());
            assert!(!problem.detail().contains("table"));
        }
        assert_eq!(
            Problem::from(Broken(Code::Conflict)).detail(),
            "the table is locked"
        );
    }

    #[test]
    fn headers_follow_from_the_problem() {
        let header = |response: Response, name| response.headers()[name].clone();
        let busy = Problem::from(Broken(Code::TooMany)).into_response();
        assert_eq!(busy.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(header(busy, RETRY_AFTER), "2");
        let anonymous = Problem::from(Anonymous).into_response();
        assert_eq!(header(anonymous, WWW_AUTHENTICATE), "Bearer");
        let forged = Problem::from(InvalidToken).into_response();
        assert_eq!(
            header(forged, WWW_AUTHENTICATE),
            "Bearer error=\"invalid_token\""
        );
    }
}
