//! How long things took.

use std::fmt;
use std::time::Duration;

use nova_testkit::bench::percentile;

/// Microseconds, sorted once they are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times(Vec<u32>);

impl Times {
    pub(crate) fn push(&mut self, took: Duration) {
        self.0
            .push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    pub(crate) fn add(&mut self, more: &Self) {
        self.0.extend(&more.0);
    }

    pub(crate) const fn count(&self) -> usize {
        self.0.len()
    }

    /// Milliseconds that so many percent do not exceed.
    pub(crate) fn ms(&self, percent: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        f64::from(percentile(&sorted, percent)) / 1_000.0
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "p50 {:.1} ms, p99 {:.1} ms",
            self.ms(50.0),
            self.ms(99.0)
        )
    }
}

impl FromIterator<Duration> for Times {
    fn from_iter<T: IntoIterator<Item = Duration>>(all: T) -> Self {
        let mut times = Self::default();
        for took in all {
            times.push(took);
        }
        times
    }
}
