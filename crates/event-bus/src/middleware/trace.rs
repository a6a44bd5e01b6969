//! A handler runs in a span of its sender's trace, if the sender recorded one.

use std::pin::Pin;

use tracing::Instrument;

use crate::record::{Known, Record};
use crate::trace;

/// The work stays with who asks: what is handed over takes its room twice.
pub(super) async fn continued<T>(record: &Record, work: Pin<&mut impl Future<Output = T>>) -> T {
    match record.known(Known::Traceparent) {
        Some(parent) if trace::is_sampled(parent) => {
            let span = tracing::info_span!(
                "event",
                otel.kind = "consumer",
                event.type = record.known(Known::Type),
                event.id = record.known(Known::Id),
            );
            trace::continue_in(&span, parent);
            Box::pin(work.instrument(span)).await
        }
        _ => work.await,
    }
}
