//! What was used of a limit in this process.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

type Gcra = RateLimiter<u64, DefaultKeyedStateStore<u64>, DefaultClock, StateInformationMiddleware>;

/// What each key has used. Keys are kept as hashes, of a fixed size and with nothing personal.
pub(super) struct Keys {
    limiter: Gcra,
    count: NonZeroU32,
    hasher: RandomState,
    /// When there are more keys than this, those that are as good as new are forgotten.
    tidy_above: AtomicUsize,
}

const TIDY_ABOVE_AT_LEAST: usize = 10_000;

impl Keys {
    pub(super) fn new(count: NonZeroU32, each: Duration) -> Self {
        let quota = Quota::with_period(each).unwrap_or_else(|| Quota::per_second(count));
        Self {
            limiter: RateLimiter::keyed(quota.allow_burst(count)).with_middleware(),
            count,
            hasher: RandomState::new(),
            tidy_above: AtomicUsize::new(TIDY_ABOVE_AT_LEAST),
        }
    }

    /// Uses one: what is left, or how long to wait for one.
    pub(super) fn take(&self, key: &str) -> Result<u32, Duration> {
        match self.limiter.check_key(&self.hasher.hash_one(key)) {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                // Only a new key can make too many.
                if left + 1 == self.count.get() {
                    self.tidy();
                }
                Ok(left)
            }
            Err(not_until) => Err(not_until.wait_time_from(DefaultClock::default().now())),
        }
    }

    /// The number of keys is bounded by those seen within the limit's period, times two.
    fn tidy(&self) {
        let threshold = self.tidy_above.load(Ordering::Relaxed);
        if self.limiter.len() <= threshold {
            return;
        }
        let claimed = self.tidy_above.compare_exchange(
            threshold,
            usize::MAX,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        if claimed.is_ok() {
            self.limiter.retain_recent();
            let next = (self.limiter.len() * 2).max(TIDY_ABOVE_AT_LEAST);
            self.tidy_above.store(next, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("len", &self.limiter.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_as_good_as_new_are_forgotten() {
        let count = NonZeroU32::new(1_000_000).unwrap();
        let keys = Keys::new(count, Duration::from_nanos(1));
        for number in 0..TIDY_ABOVE_AT_LEAST * 3 {
            keys.take(&number.to_string()).unwrap();
        }
        let kept = keys.limiter.len();
        assert!(kept <= TIDY_ABOVE_AT_LEAST + 1, "{kept}");
    }
}
