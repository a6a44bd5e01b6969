//! Waits that are drawn by chance; the simulation draws them from its seed.

/// The wait after the `failures`-th failure in a row.
#[cfg(not(test))]
pub(crate) fn wait(backoff: &nova_resilience::Backoff, failures: u32) -> std::time::Duration {
    backoff.wait(failures)
}

#[cfg(test)]
pub(crate) use self::seeded::{seed, wait};

#[cfg(test)]
mod seeded {
    use std::cell::RefCell;
    use std::time::Duration;

    use nova_resilience::Backoff;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    thread_local! {
        static RANDOM: RefCell<Option<StdRng>> = const { RefCell::new(None) };
    }

    /// Draws what this thread draws from a seed.
    pub(crate) fn seed(seed: u64) {
        RANDOM.set(Some(StdRng::seed_from_u64(seed)));
    }

    pub(crate) fn wait(backoff: &Backoff, failures: u32) -> Duration {
        RANDOM.with_borrow_mut(|random| match random {
            Some(random) => backoff
                .ceiling(failures)
                .mul_f64(random.random_range(0.5..=1.0)),
            None => backoff.wait(failures),
        })
    }
}
