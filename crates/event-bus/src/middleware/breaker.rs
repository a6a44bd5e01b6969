//! A breaker for each partition keeps handlers from what they depend on while that is down.

use nova_resilience::{Breaker, BreakerState, Permit};

use super::{MARKED, Scope, Tried};
use crate::failure::Failure;
use crate::options::WhenOpen;

/// The breaker of one partition, if there is one.
pub(crate) struct Gate(pub(crate) Option<(Breaker, WhenOpen)>);

/// The right to one try.
pub(super) struct Pass {
    permit: Option<Permit>,
    /// Whether every failure counts, also one that does not pass by itself.
    is_strict: bool,
}

impl Gate {
    /// Whether nothing holds anybody back, and nothing was failing of late.
    pub(crate) fn is_closed(&self) -> bool {
        let breaker = self.0.as_ref().map(|(breaker, _)| breaker);
        breaker.is_none_or(|breaker| breaker.is_calm() || breaker.state() == BreakerState::Closed)
    }

    /// Whether whoever comes has to wait.
    pub(crate) fn holds(&self) -> bool {
        let holds = |(_, when_open): &(Breaker, WhenOpen)| *when_open == WhenOpen::Hold;
        self.0.as_ref().is_some_and(holds) && !self.is_closed()
    }

    /// Lets one through that need not wait; `None` if it must.
    pub(super) fn at_once(&self) -> Result<Option<Pass>, Tried> {
        let Some((breaker, when_open)) = &self.0 else {
            return Ok(Some(Pass::of(None)));
        };
        // Asking and getting are one step: what is let through was let through by the state it counts in.
        match breaker.try_acquire() {
            Ok(permit) => Ok(Some(Pass::of(Some(permit)))),
            Err(_) if *when_open == WhenOpen::Drop => Err(Tried::Dropped),
            Err(_) => Ok(None),
        }
    }

    /// Waits until one may try to be let through, and marks that it does.
    pub(super) async fn opens(&self, scope: &Scope) -> Result<(), Tried> {
        let Some((breaker, _)) = &self.0 else {
            return Ok(());
        };
        loop {
            scope.activity.mark();
            let permitted = Box::pin(breaker.until_permitted());
            tokio::select! {
                biased;
                () = scope.stop.cancelled() => return Err(Tried::Interrupted),
                () = permitted => return Ok(()),
                () = tokio::time::sleep(MARKED) => {}
            }
        }
    }
}

impl Pass {
    const fn of(permit: Option<Permit>) -> Self {
        Self {
            permit,
            is_strict: false,
        }
    }

    /// The same, for what is tried until it works, whatever it fails with.
    pub(super) fn strictly(self) -> Self {
        Self {
            is_strict: true,
            ..self
        }
    }

    /// Only what may pass by itself says something about what handlers depend on; the bus's own database is waited
    /// for elsewhere.
    pub(super) fn settle(self, outcome: &Result<(), Failure>) {
        let Some(permit) = self.permit else { return };
        match outcome {
            Err(failure) if failure.hold => drop(permit),
            Err(failure) if self.is_strict || failure.code.is_transient() => permit.failure(),
            _ => permit.success(),
        }
    }
}
