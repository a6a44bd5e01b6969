//! Errors as gRPC statuses.

use std::collections::HashMap;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use nova_resilience::{Code, Fault};
use opentelemetry::propagation::Injector;
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Request, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::http::{PRECONDITION_FAILED, concealed};

/// The domain of the `google.rpc.ErrorInfo` in every status.
pub const ERROR_DOMAIN: &str = "nova";

/// A fault as a gRPC status with `google.rpc.ErrorInfo` (the reason), `BadRequest` (the wrong fields)
/// and `RetryInfo` (where known). What is ours is logged here with its causes, and not told.
pub fn status(fault: &impl Fault) -> Status {
    let concealed = concealed(fault);
    let reason = if concealed.is_some() {
        fault.code().as_str()
    } else {
        fault.reason()
    };
    let mut details = ErrorDetails::with_error_info(reason, ERROR_DOMAIN, HashMap::new());
    let violations: Vec<FieldViolation> = fault
        .fields()
        .iter()
        .map(|wrong| {
            FieldViolation::new(&wrong.field, format!("{}: {}", wrong.code, wrong.message))
        })
        .collect();
    if !violations.is_empty() {
        details.set_bad_request(violations);
    }
    if let Some(wait) = fault.retry_after() {
        details.set_retry_info(Some(wait));
    }
    let message = concealed.map_or_else(|| fault.to_string(), str::to_owned);
    Status::with_error_details(code(fault.code(), reason), message, details)
}

/// The caller's own deadline (`grpc-timeout`) has passed. No failure of ours, so nothing is logged.
pub(crate) fn deadline_passed() -> Status {
    let details = ErrorDetails::with_error_info("deadline_exceeded", ERROR_DOMAIN, HashMap::new());
    let message = "the deadline of the call has passed";
    Status::with_error_details(tonic::Code::DeadlineExceeded, message, details)
}

/// A call on behalf of whoever has sent this `Authorization`, in the trace of the current span.
#[must_use]
pub fn forward<T>(message: T, authorization: &HeaderValue) -> Request<T> {
    let mut headers = HeaderMap::new();
    let mut authorization = authorization.clone();
    authorization.set_sensitive(true);
    headers.insert(AUTHORIZATION, authorization);
    opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&Span::current().context(), &mut Headers(&mut headers));
    });
    Request::from_parts(
        MetadataMap::from_headers(headers),
        Extensions::default(),
        message,
    )
}

struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        let header = HeaderName::try_from(key)
            .ok()
            .zip(HeaderValue::try_from(value).ok());
        if let Some((name, value)) = header {
            self.0.insert(name, value);
        }
    }
}

/// The gRPC code of a code, but where gRPC has one of its own for the reason.
fn code(code: Code, reason: &str) -> tonic::Code {
    match code {
        // Not FAILED_PRECONDITION: who reads again may try again.
        Code::Conflict if reason == PRECONDITION_FAILED => tonic::Code::Aborted,
        Code::Invalid => tonic::Code::InvalidArgument,
        Code::Unauthenticated => tonic::Code::Unauthenticated,
        Code::Forbidden => tonic::Code::PermissionDenied,
        Code::NotFound => tonic::Code::NotFound,
        Code::Conflict => tonic::Code::AlreadyExists,
        Code::TooMany => tonic::Code::ResourceExhausted,
        Code::Unavailable => tonic::Code::Unavailable,
        Code::Timeout => tonic::Code::DeadlineExceeded,
        Code::Internal => tonic::Code::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::InvalidCursor;
    use crate::http::PreconditionFailed;

    #[derive(Debug, thiserror::Error)]
    #[error("secret table")]
    struct Broken;

    impl Fault for Broken {
        fn code(&self) -> Code {
            Code::Internal
        }

        fn reason(&self) -> &'static str {
            "table_gone"
        }
    }

    #[test]
    fn reason_and_fields_travel_in_the_details() {
        let status = status(&InvalidCursor::new());
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "invalid_cursor");
        assert_eq!(
            details.bad_request().unwrap().field_violations[0].field,
            "cursor"
        );
    }

    #[test]
    fn a_change_that_came_too_late_is_aborted() {
        let status = status(&PreconditionFailed);
        assert_eq!(status.code(), tonic::Code::Aborted);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "precondition_failed");
    }

    #[test]
    fn what_is_ours_is_not_told() {
        let status = status(&Broken);
        assert_eq!(status.code(), tonic::Code::Internal);
        assert!(!format!("{status:?}").contains("table"), "{status:?}");
    }
}
