//! The state machine behind a lock, with the clock and everything that tells the outside.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use super::machine::{BreakerState, Generation, Machine, Next};
use super::metrics;
use super::policy::{BreakerConfig, BreakerPolicy};
use super::window::BreakerCounts;

/// What the clones of a breaker share.
#[derive(Debug)]
pub(super) struct Shared {
    name: String,
    inner: Mutex<Inner>,
    /// The generation, plus one, while the machine is calm; else 0. Written under the lock. While nothing
    /// fails, calls are let through and succeed without it.
    calm: AtomicU64,
    /// Successes while it was calm, and how many are worth counting: more are not, so that who calls often does not
    /// write what others read.
    worked: AtomicU32,
    counted: u32,
    changed: Notify,
}

#[derive(Debug)]
struct Inner {
    machine: Machine,
    /// When it opened, until it is closed again.
    opened_at: Option<Instant>,
    /// Once retired it no longer touches the gauge: a successor of the same name may own it.
    retired: bool,
}

impl Shared {
    pub(super) fn new(name: String, config: BreakerConfig) -> Self {
        metrics::describe();
        metrics::state(&name, BreakerState::Closed);
        let machine = Machine::new(config, seed(&name, config), Instant::now());
        let inner = Inner {
            machine,
            opened_at: None,
            retired: false,
        };
        Self {
            name,
            calm: AtomicU64::new(calm(&inner.machine)),
            worked: AtomicU32::new(0),
            counted: match config.policy {
                BreakerPolicy::Consecutive(allowed) => allowed,
                BreakerPolicy::FailureRate { .. } => 0,
            },
            inner: Mutex::new(inner),
            changed: Notify::new(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Completes once something has changed that those who wait should look at.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// The generation, if the machine is calm.
    pub(super) fn calm(&self) -> Option<Generation> {
        self.calm
            .load(Ordering::Acquire)
            .checked_sub(1)
            .map(Generation)
    }

    /// A call worked while the machine was calm.
    pub(super) fn worked(&self) {
        if self.worked.load(Ordering::Relaxed) < self.counted {
            self.worked.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What the breaker looks back on.
    pub(super) fn counts(&self) -> BreakerCounts {
        let calm = self.worked.load(Ordering::Relaxed);
        self.look(|machine, now| machine.counts(calm, now))
    }

    /// Reads from the machine.
    pub(super) fn look<T>(&self, read: impl FnOnce(&Machine, Instant) -> T) -> T {
        let inner = self.lock();
        read(&inner.machine, Instant::now())
    }

    /// Moves the machine: the one place that does. A transition is in the metrics before anybody else
    /// can make the next, and in the log after.
    pub(super) fn step<T>(&self, step: impl FnOnce(&mut Machine, Instant) -> T) -> T {
        let mut inner = self.lock();
        let before = inner.machine.generation();
        let now = Instant::now();
        let outcome = step(&mut inner.machine, now);
        self.calm.store(calm(&inner.machine), Ordering::Release);
        let state = inner.machine.state();
        let moved = inner.machine.generation() != before;
        let probes = state == BreakerState::HalfOpen && inner.machine.next(now) == Next::Now;
        if moved {
            self.worked.store(0, Ordering::Relaxed);
        }
        let reason = moved.then(|| inner.machine.reason().to_owned());
        if moved {
            metrics::transition(&self.name, state);
            match state {
                BreakerState::Open => {
                    inner.opened_at.get_or_insert(now);
                }
                BreakerState::HalfOpen => {}
                BreakerState::Closed => {
                    if let Some(opened_at) = inner.opened_at.take() {
                        metrics::recovered(&self.name, now - opened_at);
                    }
                }
            }
            if !inner.retired {
                metrics::state(&self.name, state);
            }
        }
        drop(inner);
        if let Some(reason) = reason {
            log(&self.name, state, &reason);
        }
        if moved || probes {
            self.changed.notify_waiters();
        }
        outcome
    }

    /// Sets the gauges again, unless another may own them.
    pub(super) fn report(&self) {
        let calm = self.worked.load(Ordering::Relaxed);
        let inner = self.lock();
        if !inner.retired {
            let counts = inner.machine.counts(calm, Instant::now());
            metrics::state(&self.name, inner.machine.state());
            metrics::failure_rate(&self.name, counts.failure_rate());
        }
    }

    pub(super) fn retire(&self) {
        self.lock().retired = true;
        metrics::state(&self.name, BreakerState::Closed);
        metrics::failure_rate(&self.name, 0.0);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Shared::calm`].
const fn calm(machine: &Machine) -> u64 {
    if machine.is_calm() {
        machine.generation().0 + 1
    } else {
        0
    }
}

/// Breakers of one seed still draw apart, because their names differ.
fn seed(name: &str, config: BreakerConfig) -> u64 {
    let Some(seed) = config.seed else {
        return rand::random();
    };
    let mut hasher = DefaultHasher::new();
    (seed, name).hash(&mut hasher);
    hasher.finish()
}

fn log(breaker: &str, state: BreakerState, reason: &str) {
    match state {
        BreakerState::Open => tracing::warn!(breaker, reason, "circuit breaker opened"),
        BreakerState::HalfOpen => tracing::debug!(breaker, reason, "circuit breaker probes"),
        BreakerState::Closed => tracing::info!(breaker, reason, "circuit breaker closed"),
    }
}
