//! The breaker as a state machine: no lock, no clock, no I/O. Whoever calls says what time it is.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::Instant;

use super::policy::BreakerConfig;
use super::window::{BreakerCounts, Tally};

/// What a breaker does with calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// Lets every call through and counts failures.
    Closed,
    /// Lets no call through until its open time is over.
    Open,
    /// Lets a few calls through to see whether they work again.
    HalfOpen,
}

impl BreakerState {
    /// The word used in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// What a call said about what was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It answered, even if the answer was no.
    Success,
    /// It did not answer, or could not do its work now.
    Failure,
    /// Nothing: the call was given up, or failed before it got there.
    Neither,
}

/// Which stay in a state it is. Every transition begins the next, and a result counts only for the
/// one in which its call began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Generation(pub(super) u64);

/// When a call may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Now,
    At(Instant),
    /// Once a probe that runs now has ended.
    AfterProbe,
}

#[derive(Debug)]
enum Phase {
    Closed(Tally),
    Open { until: Instant },
    HalfOpen { running: u32, succeeded: u32 },
}

#[derive(Debug)]
pub(super) struct Machine {
    config: BreakerConfig,
    phase: Phase,
    generation: Generation,
    /// Why it is in this state.
    reason: String,
    /// What it was when it last opened.
    opened_at: BreakerCounts,
    /// The longest that it stays open the next time it opens.
    ceiling: Duration,
    random: StdRng,
}

impl Machine {
    pub(super) fn new(config: BreakerConfig, seed: u64, now: Instant) -> Self {
        Self {
            config,
            phase: Phase::Closed(Tally::new(config.policy, now)),
            generation: Generation(0),
            reason: "new".to_owned(),
            opened_at: BreakerCounts::default(),
            ceiling: config.open_first,
            random: StdRng::seed_from_u64(seed),
        }
    }

    pub(super) const fn state(&self) -> BreakerState {
        match self.phase {
            Phase::Closed(_) => BreakerState::Closed,
            Phase::Open { .. } => BreakerState::Open,
            Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    pub(super) const fn generation(&self) -> Generation {
        self.generation
    }

    /// Whether it is closed and neither asking nor a success would change anything.
    pub(super) const fn is_calm(&self) -> bool {
        match &self.phase {
            Phase::Closed(tally) => tally.is_calm(),
            Phase::Open { .. } | Phase::HalfOpen { .. } => false,
        }
    }

    pub(super) fn reason(&self) -> &str {
        &self.reason
    }

    /// What it looks back on, with the successes that were counted elsewhere while it was calm.
    pub(super) fn counts(&self, calm: u32, now: Instant) -> BreakerCounts {
        match &self.phase {
            Phase::Closed(tally) => tally.counts(calm, now),
            Phase::Open { .. } | Phase::HalfOpen { .. } => self.opened_at,
        }
    }

    /// When a call may be tried. Looks only: nothing is taken and no state left.
    pub(super) fn next(&self, now: Instant) -> Next {
        match self.phase {
            Phase::Open { until } if now < until => Next::At(until),
            Phase::HalfOpen { running, .. } if running >= self.config.probes => Next::AfterProbe,
            _ => Next::Now,
        }
    }

    /// Lets a call through, or says when the next may be tried. An open breaker whose time is over
    /// becomes half open by this, and the call is its first probe.
    pub(super) fn acquire(&mut self, now: Instant) -> Result<Generation, Next> {
        let next = self.next(now);
        if next != Next::Now {
            return Err(next);
        }
        if self.state() == BreakerState::Open {
            self.half_open();
        }
        if let Phase::HalfOpen { running, .. } = &mut self.phase {
            *running += 1;
        }
        Ok(self.generation)
    }

    /// Takes back what [`Self::acquire`] gave, with what the call said. What was given in another
    /// generation changes nothing any more.
    pub(super) fn settle(&mut self, given: Generation, verdict: Verdict, now: Instant) {
        if given != self.generation {
            return;
        }
        match &mut self.phase {
            Phase::Closed(tally) => match verdict {
                Verdict::Success => tally.success(now),
                Verdict::Failure => {
                    if let Some(reason) = tally.failure(now) {
                        // Nothing of what was calm is in a row that opens.
                        self.opened_at = tally.counts(0, now);
                        self.open(reason, now);
                    }
                }
                Verdict::Neither => {}
            },
            // Nothing is given out while open.
            Phase::Open { .. } => {}
            Phase::HalfOpen { running, succeeded } => {
                *running -= 1;
                match verdict {
                    Verdict::Success => {
                        *succeeded += 1;
                        if *succeeded >= self.config.successes {
                            self.close(now);
                        }
                    }
                    Verdict::Failure => self.open("a probe failed".to_owned(), now),
                    Verdict::Neither => {}
                }
            }
        }
    }

    fn open(&mut self, reason: String, now: Instant) {
        let open_time = self.ceiling.mul_f64(self.random.random_range(0.5..=1.0));
        let longer = self.ceiling.saturating_mul(self.config.open_factor);
        self.ceiling = longer.min(self.config.open_cap);
        let until = now + open_time;
        let reason = format!("{reason}; open for {} ms", open_time.as_millis());
        self.enter(Phase::Open { until }, reason);
    }

    fn half_open(&mut self) {
        let phase = Phase::HalfOpen {
            running: 0,
            succeeded: 0,
        };
        self.enter(phase, "the open time is over".to_owned());
    }

    fn close(&mut self, now: Instant) {
        let reason = format!("{} probes succeeded", self.config.successes);
        self.ceiling = self.config.open_first;
        self.enter(Phase::Closed(Tally::new(self.config.policy, now)), reason);
    }

    fn enter(&mut self, phase: Phase, reason: String) {
        self.phase = phase;
        self.reason = reason;
        self.generation.0 += 1;
    }
}

#[cfg(test)]
mod tests;
