//! Exponential backoff with full jitter.

use std::time::Duration;

/// Waits that double from `base` up to `cap`, each drawn evenly between half of it and all of it, so
/// that many who failed together do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
}

/// Why a backoff was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BackoffError {
    /// A base of zero would spin.
    #[error("the first wait must be longer than zero")]
    ZeroBase,
    /// The cap must not be below the base.
    #[error("the longest wait must not be shorter than the first")]
    CapBelowBase,
}

impl Backoff {
    /// A backoff whose first wait is `base` and whose longest is `cap`.
    ///
    /// # Errors
    /// Refuses a zero base and a cap below the base.
    pub const fn new(base: Duration, cap: Duration) -> Result<Self, BackoffError> {
        if base.is_zero() {
            return Err(BackoffError::ZeroBase);
        }
        if cap.as_nanos() < base.as_nanos() {
            return Err(BackoffError::CapBelowBase);
        }
        Ok(Self { base, cap })
    }

    /// 50 ms doubling to 5 s: short enough for a restarted neighbour, long enough not to hammer it.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            base: Duration::from_millis(50),
            cap: Duration::from_secs(5),
        }
    }

    /// The wait after the `failures`-th failure in a row (1 is the first), with jitter.
    #[must_use]
    pub fn wait(&self, failures: u32) -> Duration {
        let full = self.ceiling(failures);
        full.mul_f64(rand::random_range(0.5..=1.0))
    }

    /// The longest that [`Self::wait`] can be after that many failures.
    #[must_use]
    pub fn ceiling(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(30);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_stay_within_their_half() {
        let backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(1)).unwrap();
        for (failures, millis) in [(1, 50), (2, 100), (3, 200), (6, 1_000), (u32::MAX, 1_000)] {
            let full = Duration::from_millis(millis);
            assert_eq!(backoff.ceiling(failures), full);
            let drawn = backoff.wait(failures);
            assert!(drawn >= full / 2 && drawn <= full, "{drawn:?} of {full:?}");
        }
    }

    #[test]
    fn senseless_backoffs_are_refused() {
        let second = Duration::from_secs(1);
        assert_eq!(
            Backoff::new(Duration::ZERO, second),
            Err(BackoffError::ZeroBase)
        );
        assert_eq!(
            Backoff::new(second, Duration::from_millis(1)),
            Err(BackoffError::CapBelowBase)
        );
    }
}
