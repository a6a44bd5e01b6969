//! Which event is being handled, so that events published meanwhile name it and go on with its trace.

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::record::{Known, Record};
use crate::trace::Trace;

tokio::task_local! {
    static CAUSE: Cause;
}

/// The event being handled, the first event of its chain, and its trace: what events that follow from it name in
/// their headers. A handler's events name it by themselves; work that goes on when the handler has ended keeps it
/// and goes on within [`Cause::scope`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
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

    /// The cause of what the current task does, to be kept with work that goes on elsewhere; none outside of a
    /// handler. It goes on with the trace of the current span, if one is recorded.
    #[must_use]
    pub fn to_keep() -> Option<Self> {
        let mut cause = Self::current()?;
        cause.trace = Trace::current().or(cause.trace);
        Some(cause)
    }

    /// Runs `work` as the handling of this event: what it appends to an outbox names the event.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CAUSE.scope(self, work).await
    }
}
