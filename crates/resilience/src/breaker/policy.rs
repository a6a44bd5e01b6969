//! When a breaker opens, how long it stays open, and what closes it again.

use std::time::Duration;

const MOST_CALLS: u32 = 10_000;
const MOST_BUCKETS: u32 = 100;
const SHORTEST_BUCKET: Duration = Duration::from_millis(1);
const LONGEST_OPEN: Duration = Duration::from_secs(24 * 60 * 60);

/// What opens a closed breaker. Only a failure opens it, never a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerPolicy {
    /// So many failures with no success between them; at least 1.
    Consecutive(u32),
    /// Too large a share of the latest calls failed.
    FailureRate {
        /// The share that opens, in percent of the calls in the window: 1 to 100.
        percent: u8,
        /// Fewer calls than this in the window say nothing; at least 1 and no more than fit.
        minimum: u32,
        /// Which calls are the latest.
        window: BreakerWindow,
    },
}

/// Which calls a failure rate looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerWindow {
    /// The last so many calls: 1 to 10,000.
    Calls(u32),
    /// The calls that ended within the last `length`, forgotten one bucket at a time.
    Time {
        /// How far back it reaches, to the length of one bucket.
        length: Duration,
        /// Into how many equal parts it is cut: 1 to 100, none shorter than a millisecond.
        buckets: u32,
    },
}

/// Why the settings of a breaker were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BreakerConfigError {
    /// It would open before any call.
    #[error("it must take at least one failure to open")]
    NoFailures,
    /// Nothing fails at 0 %, and nothing reaches 101 %.
    #[error("the share of failures that opens must be between 1 and 100 percent")]
    Percent,
    /// No calls to look at, or more than are worth remembering.
    #[error("the window must hold between 1 and 10000 calls")]
    WindowCalls,
    /// No buckets, or so many or so short that they tell nothing apart.
    #[error("the window must have 1 to 100 buckets of at least a millisecond")]
    WindowBuckets,
    /// It would never be reached, or is no minimum.
    #[error("the minimum number of calls must be at least 1 and fit in the window")]
    Minimum,
    /// It would not keep anybody out.
    #[error("the first open time must be longer than zero")]
    NoOpenTime,
    /// Open times would shrink to nothing.
    #[error("open times must grow by a factor of at least 1")]
    Factor,
    /// The cap must not be below the first.
    #[error("the longest open time must not be shorter than the first")]
    CapBelowFirst,
    /// So long that it would need a person to close it.
    #[error("the longest open time must not be longer than a day")]
    CapTooLong,
    /// It could never close.
    #[error("a half open breaker must let at least one probe through")]
    NoProbes,
    /// It would close without having tried.
    #[error("it must take at least one success to close")]
    NoSuccesses,
}

/// The settings of a breaker, valid by construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerConfig {
    pub(super) policy: BreakerPolicy,
    pub(super) open_first: Duration,
    pub(super) open_factor: u32,
    pub(super) open_cap: Duration,
    pub(super) probes: u32,
    pub(super) successes: u32,
    pub(super) seed: Option<u64>,
}

impl BreakerConfig {
    /// Opens after 20 failures in a row, for 1 s doubling to 30 s: one failing thing among many that work
    /// does not open it, and what comes back is noticed soon.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            policy: BreakerPolicy::Consecutive(20),
            open_first: Duration::from_secs(1),
            open_factor: 2,
            open_cap: Duration::from_secs(30),
            probes: 1,
            successes: 2,
            seed: None,
        }
    }

    /// Opens by `policy`, for 1 s doubling to 1 min; then one probe at a time, and two successes close.
    ///
    /// # Errors
    /// Refuses a policy whose numbers are outside the bounds that stand beside them.
    pub const fn new(policy: BreakerPolicy) -> Result<Self, BreakerConfigError> {
        if let Err(error) = policy.check() {
            return Err(error);
        }
        Ok(Self {
            policy,
            open_first: Duration::from_secs(1),
            open_factor: 2,
            open_cap: Duration::from_secs(60),
            probes: 1,
            successes: 2,
            seed: None,
        })
    }

    /// Opens for `first`, and `factor` times as long whenever a probe fails, up to `cap`; from `first`
    /// again once it has closed. Each time is drawn evenly between half of it and all of it, so that
    /// breakers that opened together do not probe together.
    ///
    /// # Errors
    /// Refuses a first time of zero, a factor of zero, and a cap below the first time or above a day.
    pub const fn open_for(
        self,
        first: Duration,
        factor: u32,
        cap: Duration,
    ) -> Result<Self, BreakerConfigError> {
        if first.is_zero() {
            return Err(BreakerConfigError::NoOpenTime);
        }
        if factor == 0 {
            return Err(BreakerConfigError::Factor);
        }
        if cap.as_nanos() < first.as_nanos() {
            return Err(BreakerConfigError::CapBelowFirst);
        }
        if cap.as_nanos() > LONGEST_OPEN.as_nanos() {
            return Err(BreakerConfigError::CapTooLong);
        }
        Ok(Self {
            open_first: first,
            open_factor: factor,
            open_cap: cap,
            ..self
        })
    }

    /// While half open lets at most `probes` calls run at once, and closes after `successes` of them.
    ///
    /// # Errors
    /// Refuses zero of either.
    pub const fn half_open(self, probes: u32, successes: u32) -> Result<Self, BreakerConfigError> {
        if probes == 0 {
            return Err(BreakerConfigError::NoProbes);
        }
        if successes == 0 {
            return Err(BreakerConfigError::NoSuccesses);
        }
        Ok(Self {
            probes,
            successes,
            ..self
        })
    }

    /// Draws the open times from this seed and the breaker's name, so that a run can be repeated.
    #[must_use]
    pub const fn seeded(self, seed: u64) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }
}

impl BreakerPolicy {
    const fn check(self) -> Result<(), BreakerConfigError> {
        match self {
            Self::Consecutive(0) => Err(BreakerConfigError::NoFailures),
            Self::Consecutive(_) => Ok(()),
            Self::FailureRate {
                percent,
                minimum,
                window,
            } => {
                if percent == 0 || percent > 100 {
                    return Err(BreakerConfigError::Percent);
                }
                if minimum == 0 {
                    return Err(BreakerConfigError::Minimum);
                }
                window.check(minimum)
            }
        }
    }
}

impl BreakerWindow {
    const fn check(self, minimum: u32) -> Result<(), BreakerConfigError> {
        match self {
            Self::Calls(calls) if calls == 0 || calls > MOST_CALLS => {
                Err(BreakerConfigError::WindowCalls)
            }
            Self::Calls(calls) if minimum > calls => Err(BreakerConfigError::Minimum),
            Self::Calls(_) => Ok(()),
            Self::Time { length, buckets } => {
                let shortest = SHORTEST_BUCKET.as_nanos() * buckets as u128;
                if buckets == 0 || buckets > MOST_BUCKETS || length.as_nanos() < shortest {
                    return Err(BreakerConfigError::WindowBuckets);
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::BreakerConfigError as Refused;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rate(percent: u8, minimum: u32, window: BreakerWindow) -> Result<BreakerConfig, Refused> {
        BreakerConfig::new(BreakerPolicy::FailureRate {
            percent,
            minimum,
            window,
        })
    }

    fn time(length: Duration, buckets: u32) -> BreakerWindow {
        BreakerWindow::Time { length, buckets }
    }

    #[test]
    fn senseless_policies_are_refused() {
        let ten = BreakerWindow::Calls(10);
        for (config, why) in [
            (
                BreakerConfig::new(BreakerPolicy::Consecutive(0)),
                Refused::NoFailures,
            ),
            (rate(0, 5, ten), Refused::Percent),
            (rate(101, 5, ten), Refused::Percent),
            (rate(50, 0, ten), Refused::Minimum),
            (rate(50, 11, ten), Refused::Minimum),
            (rate(50, 1, BreakerWindow::Calls(0)), Refused::WindowCalls),
            (
                rate(50, 1, BreakerWindow::Calls(10_001)),
                Refused::WindowCalls,
            ),
            (rate(50, 1, time(SECOND, 0)), Refused::WindowBuckets),
            (rate(50, 1, time(SECOND, 101)), Refused::WindowBuckets),
            (rate(50, 1, time(SECOND / 100, 11)), Refused::WindowBuckets),
        ] {
            assert_eq!(config, Err(why));
        }
        assert!(rate(100, 10, ten).is_ok());
        assert!(rate(1, u32::MAX, time(SECOND / 10, 100)).is_ok());
    }

    #[test]
    fn senseless_open_times_and_probes_are_refused() {
        let config = BreakerConfig::new(BreakerPolicy::Consecutive(1)).unwrap();
        let day = Duration::from_secs(86_400);
        for (refused, why) in [
            (
                config.open_for(Duration::ZERO, 2, SECOND),
                Refused::NoOpenTime,
            ),
            (config.open_for(SECOND, 0, SECOND), Refused::Factor),
            (
                config.open_for(SECOND, 2, SECOND / 2),
                Refused::CapBelowFirst,
            ),
            (
                config.open_for(SECOND, 2, day + SECOND),
                Refused::CapTooLong,
            ),
            (config.half_open(0, 1), Refused::NoProbes),
            (config.half_open(1, 0), Refused::NoSuccesses),
        ] {
            assert_eq!(refused, Err(why));
        }
        assert!(config.open_for(SECOND, 1, day).is_ok());
    }
}
