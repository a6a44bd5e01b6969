//! Handlers run in spans of their senders' traces, if the senders recorded them.

use std::pin::Pin;

use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::failure::Failure;
use crate::record::{Known, Record};
use crate::trace;

/// Each trace has a span of the work, also where one work handles several messages. Within the work it is that of the
/// first. The work stays with who asks: what is handed over takes its room twice.
pub(super) async fn continued(
    group: &str,
    records: impl Iterator<Item = &Record>,
    work: Pin<&mut impl Future<Output = Result<(), Failure>>>,
) -> Result<(), Failure> {
    let spans: Vec<Span> = records.filter_map(|record| span(group, record)).collect();
    let Some(first) = spans.first() else {
        return work.await;
    };
    let outcome = Box::pin(work.instrument(first.clone())).await;
    if let Err(failure) = &outcome {
        for span in &spans {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", failure.code.as_str());
        }
    }
    outcome
}

/// Its attributes are called as OpenTelemetry calls those of messaging and of `CloudEvents`.
fn span(group: &str, record: &Record) -> Option<Span> {
    let parent = record.known(Known::Traceparent)?;
    if !trace::is_sampled(parent) {
        return None;
    }
    let topic = record.topic();
    let span = tracing::info_span!(
        parent: None,
        "process",
        otel.name = %format_args!("process {topic}"),
        otel.kind = "consumer",
        otel.status_code = Empty,
        error.type = Empty,
        messaging.system = "kafka",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = topic,
        messaging.destination.partition.id = record.partition(),
        messaging.kafka.offset = record.offset(),
        messaging.consumer.group.name = group,
        cloudevents.event_id = record.known(Known::Id),
        cloudevents.event_type = record.known(Known::Type),
    );
    trace::continue_in(&span, parent);
    Some(span)
}
