//! All chance of a run, drawn from its seed.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

#[derive(Clone)]
pub(super) struct Chance(Arc<Mutex<StdRng>>);

impl Chance {
    pub(super) fn of(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    pub(super) fn between(&self, range: RangeInclusive<u64>) -> u64 {
        self.0.lock().unwrap().random_range(range)
    }

    pub(super) fn up_to(&self, most: usize) -> usize {
        self.0.lock().unwrap().random_range(0..=most)
    }

    pub(super) fn percent(&self, percent: u32) -> bool {
        percent > 0 && self.0.lock().unwrap().random_range(0..100) < percent
    }

    pub(super) fn one_of<'a, T>(&self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.up_to(all.len().checked_sub(1)?))
    }

    pub(super) fn millis(&self, range: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.between(range))
    }

    /// Waits, or does not: what ends at once takes other paths than what waits.
    pub(super) async fn pause(&self, most: u64) {
        if self.percent(50) {
            tokio::time::sleep(self.millis(1..=most.max(1))).await;
        }
    }
}
