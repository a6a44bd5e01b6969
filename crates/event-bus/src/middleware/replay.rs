//! Handling dead letters as live events are, but for what becomes of those that fail again.

use std::sync::Arc;

use super::dead_letter::fingerprint_of;
use super::{Gate, Scope, Stack, Stop, Tries};
use crate::failure::Failure;
use crate::metrics;
use crate::record::Record;
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

impl Scope {
    /// The scope of a replay, which no breaker holds back: a person asked for it.
    pub(crate) fn of_replay(consumer: &'static str, topic: Arc<str>, stop: Stop) -> Self {
        Self {
            handled: metrics::Handled::of(consumer, &topic),
            topic,
            partition: -1,
            stop,
            gate: Gate(None),
            activity: Arc::default(),
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
            match self.tries(record, &mut None, scope).await {
                Tries::Handled => replayed.handled += 1,
                Tries::Failed(failed) => {
                    let (record, failure, attempts) = *failed;
                    replayed.failed = Some(FailedAgain {
                        fingerprint: fingerprint_of(&record, &failure),
                        failure,
                        attempts,
                    });
                    break;
                }
                Tries::Interrupted(_) => {
                    replayed.interrupted = true;
                    break;
                }
            }
        }
        replayed
    }
}
