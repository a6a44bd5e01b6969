//! W3C trace context, in and out of the `traceparent` and `tracestate` headers.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use serde::{Deserialize, Serialize};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::record::{Known, Record};

/// A `tracestate` that is longer is not passed on (W3C Trace Context, section 3.3.1.5).
const LONGEST_STATE: usize = 512;

/// A place in a trace, as headers carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trace {
    pub(crate) parent: String,
    pub(crate) state: Option<String>,
}

impl Trace {
    /// The place of the current span, if there is one.
    pub(crate) fn current() -> Option<Self> {
        Self::of_span(&tracing::Span::current())
    }

    /// The place of a span, if it is in a trace.
    pub(crate) fn of_span(span: &tracing::Span) -> Option<Self> {
        let context = span.context();
        let span = context.span();
        let span = span.span_context();
        let (trace, id) = (span.trace_id(), span.span_id());
        let state = span.trace_state().header();
        span.is_valid().then(|| Self {
            parent: format!("00-{trace}-{id}-{:02x}", span.trace_flags().to_u8()),
            state: (!state.is_empty()).then_some(state),
        })
    }

    /// The place that a message came from, if it says so properly.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let parent = record.known(Known::Traceparent)?;
        parse(parent)?;
        let state = record
            .known(Known::Tracestate)
            .filter(|state| state.len() <= LONGEST_STATE);
        Some(Self {
            parent: parent.to_owned(),
            state: state.map(ToOwned::to_owned),
        })
    }
}

/// Whether the sender recorded this trace: only then is a span worth its cost.
pub(crate) fn is_sampled(traceparent: &str) -> bool {
    parse(traceparent).is_some_and(|span| span.is_sampled())
}

/// Makes `span` a child of the trace that `traceparent` names.
pub(crate) fn continue_in(span: &tracing::Span, traceparent: &str) {
    if let Some(parent) = parse(traceparent) {
        let context = Context::new().with_remote_span_context(parent);
        // It fails only when the span already has a parent or is disabled; the trace is then
        // shorter, and nothing else is wrong.
        drop(span.set_parent(context));
    }
}

fn parse(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if version.len() != 2 || version == "ff" || trace.len() != 32 || span.len() != 16 {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_valid_traceparent_is_read() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert!(is_sampled(good));
        assert!(!is_sampled(&good.replace("-01", "-00")));
        for bad in [
            "",
            "00",
            "00-0-0-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
