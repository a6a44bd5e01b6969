//! What a closed breaker remembers of its calls.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::policy::{BreakerPolicy, BreakerWindow};

/// What a breaker looks back on.
///
/// With [`BreakerPolicy::FailureRate`] these are the calls in its window, as of now. With
/// [`BreakerPolicy::Consecutive`] they are the latest calls, no more of them than failures in a row open it; a
/// success makes good what failed before it, so only the failures since then are failures. A breaker that is
/// open or half open tells what it was when it opened: probes are not in it. One that has just closed begins
/// from nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BreakerCounts {
    /// Calls that worked.
    pub successes: u64,
    /// Calls that failed.
    pub failures: u64,
}

impl BreakerCounts {
    /// The share of calls that failed, 0 to 1; 0 when there was none.
    #[must_use]
    pub fn failure_rate(&self) -> f64 {
        let calls = self.successes + self.failures;
        if calls == 0 {
            return 0.0;
        }
        self.failures as f64 / calls as f64
    }
}

/// The calls that count towards opening, as its policy counts them.
#[derive(Debug)]
pub(super) enum Tally {
    Consecutive {
        failures: u32,
        /// Those that were counted here: while it is calm nobody does.
        successes: u32,
        allowed: u32,
    },
    Rate {
        percent: u8,
        minimum: u32,
        window: Window,
    },
}

impl Tally {
    pub(super) fn new(policy: BreakerPolicy, now: Instant) -> Self {
        match policy {
            BreakerPolicy::Consecutive(allowed) => Self::Consecutive {
                failures: 0,
                successes: 0,
                allowed,
            },
            BreakerPolicy::FailureRate {
                percent,
                minimum,
                window,
            } => Self::Rate {
                percent,
                minimum,
                window: Window::new(window, now),
            },
        }
    }

    /// Whether a success would change nothing.
    pub(super) const fn is_calm(&self) -> bool {
        matches!(self, Self::Consecutive { failures: 0, .. })
    }

    /// Counts a call that worked.
    pub(super) fn success(&mut self, now: Instant) {
        match self {
            Self::Consecutive {
                failures,
                successes,
                ..
            } => {
                *failures = 0;
                *successes = successes.saturating_add(1);
            }
            Self::Rate { window, .. } => window.record(false, now),
        }
    }

    /// Counts a call that failed, and says why that opens the breaker, if it does.
    pub(super) fn failure(&mut self, now: Instant) -> Option<String> {
        match self {
            Self::Consecutive {
                failures, allowed, ..
            } => {
                *failures += 1;
                (failures >= allowed).then(|| format!("{failures} failures in a row"))
            }
            Self::Rate {
                percent,
                minimum,
                window,
            } => {
                window.record(true, now);
                let Count { calls, failures } = window.count(now);
                let enough = calls >= u64::from(*minimum);
                let opens = enough && failures * 100 >= u64::from(*percent) * calls;
                opens.then(|| format!("{failures} of the last {calls} calls failed"))
            }
        }
    }

    /// What it looks back on, with the successes that were counted elsewhere while it was calm.
    pub(super) fn counts(&self, calm: u32, now: Instant) -> BreakerCounts {
        match self {
            Self::Consecutive {
                failures,
                successes,
                allowed,
            } => {
                let before = allowed.saturating_sub(*failures);
                BreakerCounts {
                    successes: u64::from(successes.saturating_add(calm).min(before)),
                    failures: u64::from(*failures),
                }
            }
            Self::Rate { window, .. } => {
                let Count { calls, failures } = window.count(now);
                BreakerCounts {
                    successes: calls - failures,
                    failures,
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    calls: u64,
    failures: u64,
}

impl Count {
    fn add(&mut self, failed: bool) {
        self.calls += 1;
        self.failures += u64::from(failed);
    }
}

/// The latest calls. Its memory is bounded by the calls or the buckets that it was made for.
#[derive(Debug)]
pub(super) enum Window {
    Calls {
        size: usize,
        /// Whether each call failed, oldest first.
        latest: VecDeque<bool>,
        failures: u64,
    },
    Time {
        started: Instant,
        bucket: Duration,
        kept: u128,
        /// Buckets that hold calls, by their number since the start, oldest first.
        buckets: VecDeque<(u128, Count)>,
    },
}

impl Window {
    fn new(window: BreakerWindow, now: Instant) -> Self {
        match window {
            BreakerWindow::Calls(calls) => Self::Calls {
                size: calls as usize,
                latest: VecDeque::new(),
                failures: 0,
            },
            BreakerWindow::Time { length, buckets } => Self::Time {
                started: now,
                bucket: length / buckets,
                kept: u128::from(buckets),
                buckets: VecDeque::new(),
            },
        }
    }

    fn record(&mut self, failed: bool, now: Instant) {
        match self {
            Self::Calls {
                size,
                latest,
                failures,
            } => {
                if latest.len() == *size && latest.pop_front() == Some(true) {
                    *failures -= 1;
                }
                latest.push_back(failed);
                *failures += u64::from(failed);
            }
            Self::Time {
                started,
                bucket,
                kept,
                buckets,
            } => {
                let current = number_at(now, *started, *bucket);
                buckets.retain(|(number, _)| number + *kept > current);
                if buckets.back().is_none_or(|(number, _)| *number != current) {
                    buckets.push_back((current, Count::default()));
                }
                if let Some((_, count)) = buckets.back_mut() {
                    count.add(failed);
                }
            }
        }
    }

    /// What the window holds now.
    fn count(&self, now: Instant) -> Count {
        match self {
            Self::Calls {
                latest, failures, ..
            } => Count {
                calls: latest.len() as u64,
                failures: *failures,
            },
            Self::Time {
                started,
                bucket,
                kept,
                buckets,
            } => {
                let current = number_at(now, *started, *bucket);
                let mut sum = Count::default();
                for (_, count) in buckets.iter().filter(|(at, _)| at + *kept > current) {
                    sum.calls += count.calls;
                    sum.failures += count.failures;
                }
                sum
            }
        }
    }
}

/// The number of the bucket of a moment.
fn number_at(now: Instant, started: Instant, bucket: Duration) -> u128 {
    now.saturating_duration_since(started).as_nanos() / bucket.as_nanos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(percent: u8, minimum: u32, window: BreakerWindow, now: Instant) -> Tally {
        let policy = BreakerPolicy::FailureRate {
            percent,
            minimum,
            window,
        };
        Tally::new(policy, now)
    }

    #[test]
    fn a_success_starts_the_row_of_failures_again() {
        let now = Instant::now();
        let mut tally = Tally::new(BreakerPolicy::Consecutive(2), now);
        assert_eq!(tally.failure(now), None);
        tally.success(now);
        assert_eq!(tally.failure(now), None);
        assert_eq!(tally.failure(now).unwrap(), "2 failures in a row");
    }

    #[test]
    fn fewer_calls_than_the_minimum_never_open() {
        let now = Instant::now();
        let mut tally = rate(50, 4, BreakerWindow::Calls(10), now);
        for _ in 0..3 {
            assert_eq!(tally.failure(now), None);
        }
        assert_eq!(tally.failure(now).unwrap(), "4 of the last 4 calls failed");
    }

    #[test]
    fn a_rate_opens_at_its_share_and_not_below() {
        let now = Instant::now();
        let mut tally = rate(30, 10, BreakerWindow::Calls(10), now);
        for _ in 0..8 {
            tally.success(now);
        }
        assert_eq!(tally.failure(now), None);
        assert_eq!(tally.failure(now), None, "2 of 10");
        assert_eq!(tally.failure(now).unwrap(), "3 of the last 10 calls failed");
    }

    #[test]
    fn a_window_of_calls_forgets_the_oldest() {
        let now = Instant::now();
        let mut tally = rate(60, 3, BreakerWindow::Calls(3), now);
        assert_eq!(tally.failure(now), None);
        for _ in 0..3 {
            tally.success(now);
        }
        assert_eq!(tally.failure(now), None, "the first failure is forgotten");
        assert!(tally.failure(now).is_some());
    }

    #[test]
    fn a_window_of_time_forgets_a_bucket_once_it_is_past() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let window = BreakerWindow::Time {
            length: 10 * second,
            buckets: 10,
        };
        let mut tally = rate(100, 3, window, start);
        assert_eq!(tally.failure(start), None);
        assert_eq!(tally.failure(start + 9 * second), None);
        assert_eq!(
            tally.failure(start + 10 * second),
            None,
            "the first is 10 s old"
        );
        assert!(tally.failure(start + 18 * second).is_some());
        assert_eq!(
            tally.failure(start + 100 * second),
            None,
            "all but this one are past"
        );
    }

    #[test]
    fn a_row_looks_back_on_as_many_calls_as_open_it() {
        let now = Instant::now();
        let mut tally = Tally::new(BreakerPolicy::Consecutive(3), now);
        let counts = |tally: &Tally, calm| {
            let BreakerCounts {
                successes,
                failures,
            } = tally.counts(calm, now);
            (successes, failures)
        };
        assert_eq!(counts(&tally, 0), (0, 0));
        assert_eq!(counts(&tally, 2), (2, 0));
        assert_eq!(tally.failure(now), None);
        assert_eq!(counts(&tally, 0), (0, 1));
        assert_eq!(counts(&tally, 9), (2, 1));
        tally.success(now);
        assert_eq!(counts(&tally, 0), (1, 0), "what failed is made good");
        assert_eq!(tally.failure(now), None);
        assert_eq!(tally.failure(now), None);
        assert!(tally.failure(now).is_some());
        assert_eq!(counts(&tally, 9), (0, 3));
    }

    #[test]
    fn a_rate_looks_back_on_its_window() {
        let now = Instant::now();
        let mut tally = rate(100, 4, BreakerWindow::Calls(4), now);
        assert_eq!(tally.counts(0, now).failure_rate(), 0.0);
        for _ in 0..3 {
            tally.success(now);
        }
        assert_eq!(tally.failure(now), None);
        assert_eq!(tally.counts(0, now).failure_rate(), 0.25);
        assert_eq!(tally.failure(now), None);
        assert_eq!(tally.counts(0, now).failure_rate(), 0.5, "the first is out");
    }

    #[test]
    fn a_window_of_time_holds_no_more_than_its_buckets() {
        let start = Instant::now();
        let length = Duration::from_millis(50);
        let mut window = Window::new(BreakerWindow::Time { length, buckets: 5 }, start);
        for millis in 0..1_000 {
            window.record(false, start + Duration::from_millis(millis));
        }
        let Window::Time { buckets, .. } = &window else {
            panic!("a window of time");
        };
        assert_eq!(buckets.len(), 5);
        let last = start + Duration::from_millis(999);
        assert_eq!(window.count(last).calls, 50);
        assert_eq!(window.count(last + length).calls, 0, "all are past");
    }
}
