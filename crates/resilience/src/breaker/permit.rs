//! Leave to make one call, and the refusal of it.

use std::sync::Arc;
use std::time::Duration;

use super::machine::{BreakerState, Generation, Verdict};
use super::state::Shared;
use crate::code::{Code, Fault};

/// Leave to make one call; say afterwards how the call went. Dropped without that (the call was
/// cancelled, or panicked) it gives back its place and counts as neither. One that the breaker gave
/// before its last transition changes nothing any more, whatever it says.
#[derive(Debug)]
#[must_use = "a dropped permit gives its place to somebody else"]
pub struct Permit {
    shared: Arc<Shared>,
    generation: Generation,
    verdict: Verdict,
}

impl Permit {
    pub(super) fn new(shared: Arc<Shared>, generation: Generation) -> Self {
        Self {
            shared,
            generation,
            verdict: Verdict::Neither,
        }
    }

    /// The call worked.
    pub fn success(self) {
        self.settle(Verdict::Success);
    }

    /// The call failed in a way that says that what was called is unwell.
    pub fn failure(self) {
        self.settle(Verdict::Failure);
    }

    /// The call ended so.
    pub fn settle(mut self, verdict: Verdict) {
        self.verdict = verdict;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.verdict != Verdict::Failure && self.shared.calm() == Some(self.generation) {
            if self.verdict == Verdict::Success {
                self.shared.worked();
            }
            return;
        }
        self.shared
            .step(|machine, now| machine.settle(self.generation, self.verdict, now));
    }
}

/// A call that was not let through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("circuit breaker {breaker} lets no call through")]
pub struct Rejected {
    /// The name of the breaker.
    pub breaker: Box<str>,
    /// What it was in: open, or half open.
    pub state: BreakerState,
    /// The time until a probe may be let through. Unknown while half open: as soon as a running probe
    /// ends.
    pub retry_after: Option<Duration>,
}

impl Fault for Rejected {
    fn code(&self) -> Code {
        Code::Unavailable
    }

    fn reason(&self) -> &'static str {
        "breaker_open"
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}
