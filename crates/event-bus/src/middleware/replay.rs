//! Handling dead letters as live events are, but for what becomes of those that fail again.

use std::sync::Arc;

use super::dead_letter::fingerprint_of;
use super::retry::{Retry, Verdict, pause};
use super::{Event, Gate, Interrupted, Scope, Stack, Stop, Tried};
use crate::failure::Failure;
use crate::metrics;
use crate::record::Record;
use crate::router::Routed;
use crate::store::Store;

/// What became of dead letters of one sequence.
pub(crate) struct Replayed {
    /// Handled, from the first on.
    pub(crate) handled: usize,
    /// What became of the next one, if it failed.
    pub(crate) failed: Option<FailedAgain>,
    /// The scope stopped before all were handled.
    pub(crate) interrupted: bool,
}

/// A dead letter that failed again.
pub(crate) struct FailedAgain {
    pub(crate) failure: Failure,
    pub(crate) fingerprint: String,
    pub(crate) attempts: u32,
}

enum Again {
    Handled,
    Failed(FailedAgain),
}

impl Scope {
    /// The scope of a replay, which no breaker holds back: a person asked for it.
    pub(crate) fn of_replay(consumer: &'static str, topic: Arc<str>, stop: Stop) -> Self {
        Self {
            handled: metrics::Handled::of(consumer, &topic),
            topic,
            partition: -1,
            stop,
            gate: Gate(None),
        }
    }
}

impl<S: Send + Sync + 'static, D: Store> Stack<S, D> {
    /// Handles records of one sequence in order, each in a transaction of its own, until one fails.
    pub(crate) async fn replay(&self, records: Vec<Record>, scope: &Scope) -> Replayed {
        let mut replayed = Replayed {
            handled: 0,
            failed: None,
            interrupted: false,
        };
        for record in records {
            if scope.stop.is_cancelled() {
                replayed.interrupted = true;
                break;
            }
            match self.replay_one(record, scope).await {
                Ok(Again::Handled) => replayed.handled += 1,
                Ok(Again::Failed(failed)) => {
                    replayed.failed = Some(failed);
                    break;
                }
                Err(Interrupted) => {
                    replayed.interrupted = true;
                    break;
                }
            }
        }
        replayed
    }

    async fn replay_one(&self, record: Record, scope: &Scope) -> Result<Again, Interrupted> {
        let event = match self.router.find(record) {
            Routed::Ignored(_) => return Ok(Again::Handled),
            Routed::Handle(event) => event,
            Routed::Poison(unreadable) => {
                let (record, failure) = *unreadable;
                return Ok(Again::of(&record, failure, 1));
            }
        };
        let event: &Event<S, D> = &*event;
        let mut retry = Retry::begin(&self.options);
        loop {
            let failure = match self.attempt(&[event], &mut None, scope).await {
                Ok(()) => return Ok(Again::Handled),
                // Without a gate nothing is dropped.
                Err(Tried::Dropped | Tried::Interrupted) => return Err(Interrupted),
                Err(Tried::Failed(failure)) => failure,
            };
            match retry.after(&failure) {
                Verdict::Park => return Ok(Again::of(event.record(), failure, retry.attempts())),
                Verdict::Again(wait) | Verdict::Hold(wait) => pause(wait, &scope.stop).await?,
            }
        }
    }
}

impl Again {
    fn of(record: &Record, failure: Failure, attempts: u32) -> Self {
        Self::Failed(FailedAgain {
            fingerprint: fingerprint_of(record, &failure),
            failure,
            attempts,
        })
    }
}
