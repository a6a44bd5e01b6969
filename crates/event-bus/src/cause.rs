//! Which event is being handled, so that events published meanwhile name it and go on with its trace.

use std::future::Future;

use crate::record::{Known, Record};
use crate::trace::Trace;

tokio::task_local! {
    static CAUSE: Cause;
}

/// The event being handled, the first event of its chain, and its trace.
#[derive(Debug, Clone)]
pub(crate) struct Cause {
    pub(crate) correlation: String,
    pub(crate) causation: String,
    pub(crate) trace: Option<Trace>,
}

impl Cause {
    pub(crate) fn of(record: &Record) -> Self {
        let id = record.known(Known::Id).unwrap_or_default();
        let first = record.known(Known::Correlation).unwrap_or(id);
        Self {
            correlation: first.to_owned(),
            causation: id.to_owned(),
            trace: Trace::of(record),
        }
    }

    /// The cause of what the current task does, if an event is being handled.
    pub(crate) fn current() -> Option<Self> {
        CAUSE.try_with(Clone::clone).ok()
    }

    /// Runs `work` as the handling of this event.
    pub(crate) async fn scope<F: Future>(self, work: F) -> F::Output {
        CAUSE.scope(self, work).await
    }
}
