//! The circuit breaker: stops calling what does not answer, and finds out when it does again.

mod call;
mod machine;
mod metrics;
mod permit;
mod policy;
mod registry;
mod state;
mod window;

#[cfg(test)]
mod races;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

pub use call::{CallError, Guarded};
pub use machine::{BreakerState, Verdict};
pub use permit::{Permit, Rejected};
pub use policy::{BreakerConfig, BreakerConfigError, BreakerPolicy, BreakerWindow};
pub use registry::BreakerRegistry;
pub use window::BreakerCounts;

use machine::Next;
use state::Shared;
use tokio::time::Instant;

/// A circuit breaker. Clones share it.
///
/// Whoever wants to call takes a [`Permit`] and settles it with how the call went. To ask and to take
/// is one step under one lock: there is no moment in which the breaker has opened and a permit is
/// still given because the question came before.
#[derive(Debug, Clone)]
pub struct Breaker {
    shared: Arc<Shared>,
}

impl Breaker {
    /// A closed breaker. The name is its label in metrics and logs, so no two that live at the same
    /// time should share one.
    #[must_use]
    pub fn new(name: impl Into<String>, config: BreakerConfig) -> Self {
        let shared = Arc::new(Shared::new(name.into(), config));
        Self { shared }
    }

    /// The name that it was made with.
    #[must_use]
    pub fn name(&self) -> &str {
        self.shared.name()
    }

    /// The state as of the last call. An open breaker stays open until somebody tries after its time.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        self.shared.look(|machine, _| machine.state())
    }

    /// The state that the next call would meet: one that is open and whose time is over is half open, though nobody
    /// has tried yet. For a page about what is seldom called.
    #[must_use]
    pub fn next_state(&self) -> BreakerState {
        self.shared.look(|machine, now| match machine.state() {
            BreakerState::Open if machine.next(now) == Next::Now => BreakerState::HalfOpen,
            state => state,
        })
    }

    /// What it looks back on: how many calls worked, how many failed, and their share.
    #[must_use]
    pub fn counts(&self) -> BreakerCounts {
        self.shared.counts()
    }

    /// Whether it is closed and nothing has failed of late. Takes no lock, unlike [`Self::state`]: for who asks
    /// before every call.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.shared.calm().is_some()
    }

    /// Lets a call through, or says why not; never waits.
    ///
    /// # Errors
    /// The breaker is open, or half open with as many probes running as it lets through.
    pub fn try_acquire(&self) -> Result<Permit, Rejected> {
        if let Some(generation) = self.shared.calm() {
            return Ok(Permit::new(Arc::clone(&self.shared), generation));
        }
        let (acquired, state) = self.shared.step(|machine, now| {
            let acquired = machine.acquire(now).map_err(|next| (next, now));
            (acquired, machine.state())
        });
        match acquired {
            Ok(generation) => Ok(Permit::new(Arc::clone(&self.shared), generation)),
            Err((next, now)) => {
                metrics::rejected(self.name());
                Err(Rejected {
                    breaker: self.name().into(),
                    state,
                    retry_after: time_until(next, now),
                })
            }
        }
    }

    /// Waits until a call may be tried, and takes nothing: another may be quicker, so ask again when
    /// [`Self::try_acquire`] refuses. For a consumer that holds its partition while the breaker is open.
    pub async fn until_permitted(&self) {
        loop {
            // Made before looking, so that a change right after the look is not missed.
            let changed = self.shared.changed();
            match self.shared.look(|machine, now| machine.next(now)) {
                Next::Now => return,
                Next::AfterProbe => changed.await,
                Next::At(until) => tokio::select! {
                    () = tokio::time::sleep_until(until) => {}
                    () = changed => {}
                },
            }
        }
    }

    /// Sets its gauges again: its state, and how much of late has failed. Whoever keeps a breaker does so every few seconds: what exports metrics forgets
    /// gauges that nobody sets.
    pub fn report(&self) {
        self.shared.report();
    }

    /// Takes it out of the metrics, for good.
    fn retire(&self) {
        self.shared.retire();
    }
}

fn time_until(next: Next, now: Instant) -> Option<Duration> {
    match next {
        Next::Now => Some(Duration::ZERO),
        Next::At(until) => Some(until.saturating_duration_since(now)),
        Next::AfterProbe => None,
    }
}
