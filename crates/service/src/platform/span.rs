//! The span of a request, and the trace it belongs to.

use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, HeaderName};
use opentelemetry::TraceId;
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::TraceContextExt as _;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use uuid::Uuid;

use crate::telemetry;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

pub(super) struct RequestSpan {
    pub(super) span: Span,
    pub(super) trace_id: TraceId,
}

impl RequestSpan {
    /// Starts the span of a request, in the trace that its `traceparent` names (W3C Trace Context) or
    /// in a new one.
    pub(super) fn of(request: &Request, route: &str) -> Self {
        let method = request.method();
        let span = tracing::info_span!(
            "request",
            otel.name = %format_args!("{method} {route}"),
            otel.kind = "server",
            otel.status_code = Empty,
            method = method.as_str(),
            route,
            status = Empty,
            duration_ms = Empty,
            trace_id = Empty,
        );
        let parent = request.headers().contains_key(TRACEPARENT).then(|| {
            opentelemetry::global::get_text_map_propagator(|propagator| {
                propagator.extract(&Headers(request.headers()))
            })
        });
        let parent_id = parent
            .as_ref()
            .map(|context| context.span().span_context().trace_id());
        if let Some(parent) = parent {
            // Fails for a span that has started, which this one has not.
            span.set_parent(parent).ok();
        }
        let trace_id = [Some(telemetry::trace_of(&span)), parent_id]
            .into_iter()
            .flatten()
            .find(|id| *id != TraceId::INVALID)
            // Without telemetry (in tests) a request still has an id.
            .unwrap_or_else(|| TraceId::from_bytes(*Uuid::new_v4().as_bytes()));
        span.record("trace_id", tracing::field::display(trace_id));
        Self { span, trace_id }
    }

    pub(super) fn finish(&self, response: &Response, took: Duration) {
        self.span.record("status", response.status().as_u16());
        if response.status().is_server_error() {
            self.span.record("otel.status_code", "ERROR");
        }
        self.span
            .record("duration_ms", took.as_secs_f64() * 1_000.0);
        tracing::debug!(parent: &self.span, "answered");
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}
