//! HTTP and gRPC share a door.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use nova_resilience::Fault;

use crate::grpc;
use crate::http::Problem;

/// Who is answered: problems look different to HTTP and to gRPC clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http,
    Grpc,
}

impl Protocol {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let is_grpc = headers
            .get(CONTENT_TYPE)
            .is_some_and(|content_type| content_type.as_bytes().starts_with(b"application/grpc"));
        if is_grpc { Self::Grpc } else { Self::Http }
    }

    /// A response that says what went wrong before a handler could, or because it could not.
    pub(super) fn refuse(self, fault: impl Fault) -> Response {
        match self {
            Self::Http => Problem::from(fault).into_response(),
            Self::Grpc => grpc::status(&fault).into_http::<Body>(),
        }
    }
}
