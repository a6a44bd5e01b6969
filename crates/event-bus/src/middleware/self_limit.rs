//! Stops a consumer when too large a share of its events fails.

use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::options::FailureLimit;

/// Counts what was handled and what failed, in two halves of a window: the one being filled and the one
/// before it.
pub(crate) struct SelfLimit {
    limit: Option<FailureLimit>,
    halves: Mutex<[Half; 2]>,
    exceeded: CancellationToken,
}

#[derive(Clone, Copy, Default)]
struct Half {
    events: u64,
    failures: u64,
}

impl SelfLimit {
    pub(crate) fn new(limit: Option<FailureLimit>) -> Self {
        Self {
            limit,
            halves: Mutex::default(),
            exceeded: CancellationToken::new(),
        }
    }

    /// Cancelled when the limit was exceeded.
    pub(crate) const fn exceeded(&self) -> &CancellationToken {
        &self.exceeded
    }

    pub(crate) fn handled(&self, events: u64) {
        self.count(events, 0);
    }

    /// One more failed; true when that is too many.
    pub(crate) fn failed(&self) -> bool {
        let [before, now] = self.count(1, 1);
        let Some(limit) = self.limit else {
            return false;
        };
        let failures = before.failures + now.failures;
        let share = failures as f64 / (before.events + now.events) as f64;
        if failures >= u64::from(limit.failures) && share > limit.share {
            self.exceeded.cancel();
        }
        self.exceeded.is_cancelled()
    }

    fn count(&self, events: u64, failures: u64) -> [Half; 2] {
        let Some(limit) = self.limit else {
            return [Half::default(); 2];
        };
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        let [before, now] = &mut *halves;
        if now.events >= u64::from(limit.window.div_ceil(2)) {
            *before = std::mem::take(now);
        }
        now.events += events;
        now.failures += failures;
        *halves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: FailureLimit = FailureLimit {
        window: 100,
        failures: 10,
        share: 0.5,
    };

    fn failing(limit: &SelfLimit, times: u32) -> bool {
        (0..times).any(|_| limit.failed())
    }

    #[test]
    fn few_failures_never_stop() {
        assert!(!failing(&SelfLimit::new(Some(LIMIT)), 9));
    }

    #[test]
    fn when_everything_fails_it_stops_and_stays_stopped() {
        let limit = SelfLimit::new(Some(LIMIT));
        assert!(failing(&limit, 10));
        assert!(limit.exceeded().is_cancelled());
        limit.handled(1_000);
        assert!(limit.failed());
    }

    #[test]
    fn a_smaller_share_does_not_stop() {
        let limit = SelfLimit::new(Some(LIMIT));
        for _ in 0..1_000 {
            limit.handled(2);
            assert!(!limit.failed());
        }
    }

    #[test]
    fn what_went_well_long_ago_does_not_help() {
        let limit = SelfLimit::new(Some(LIMIT));
        limit.handled(1_000_000);
        limit.handled(50);
        assert!(failing(&limit, 100));
    }

    #[test]
    fn without_a_limit_nothing_stops() {
        assert!(!failing(&SelfLimit::new(None), 10_000));
    }
}
