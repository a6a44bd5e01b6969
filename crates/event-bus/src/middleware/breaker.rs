//! A breaker for each partition keeps handlers from what they depend on while that is down.

use nova_resilience::{Breaker, Permit};

use super::{Stop, Tried};
use crate::failure::Failure;
use crate::options::WhenOpen;

/// The breaker of one partition, if there is one.
pub(crate) struct Gate(pub(crate) Option<(Breaker, WhenOpen)>);

/// The right to one try.
pub(super) struct Pass(Option<Permit>);

impl Gate {
    /// Lets one through, waits, or drops it.
    pub(super) async fn pass(&self, stop: &Stop) -> Result<Pass, Tried> {
        let Some((breaker, when_open)) = &self.0 else {
            return Ok(Pass(None));
        };
        loop {
            // Asking and getting are one step: what is let through was let through by the state it counts in.
            match breaker.try_acquire() {
                Ok(permit) => return Ok(Pass(Some(permit))),
                Err(_) if *when_open == WhenOpen::Drop => return Err(Tried::Dropped),
                Err(_) => {}
            }
            let permitted = Box::pin(breaker.until_permitted());
            tokio::select! {
                biased;
                () = stop.cancelled() => return Err(Tried::Interrupted),
                () = permitted => {}
            }
        }
    }
}

impl Pass {
    /// Only what may pass by itself says something about what handlers depend on.
    pub(super) fn settle(self, outcome: &Result<(), Failure>) {
        let Some(permit) = self.0 else { return };
        match outcome {
            Err(failure) if failure.code.is_transient() => permit.failure(),
            _ => permit.success(),
        }
    }
}
