//! Whether events wait for the service's database, told by those who wait.

use std::sync::atomic::{AtomicUsize, Ordering};

use nova_resilience::{Condition, Health};

use crate::failure::Failure;

/// The health of it: down while anybody waits, up when nobody does any more, whatever became of them.
pub(super) struct Waits {
    group: &'static str,
    health: Health,
    waiting: AtomicUsize,
}

/// Somebody waits, until this is dropped.
pub(super) struct Waiting<'a>(&'a Waits);

impl Waits {
    pub(super) const fn new(group: &'static str, health: Health) -> Self {
        Self {
            group,
            health,
            waiting: AtomicUsize::new(0),
        }
    }

    pub(super) fn begin(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        Waiting(self)
    }

    /// It will not be up again: the consumer stops.
    pub(super) fn stop(&self, why: &str) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        self.health.down(why);
    }
}

impl Waiting<'_> {
    /// Tells what is waited for, loudly the first time.
    pub(super) fn tell(&self, failure: &Failure) {
        let Waits { group, health, .. } = self.0;
        let (before, _) = health.condition();
        health.down(failure.detail.clone());
        if !matches!(before, Condition::Down(_)) {
            let why = &failure.detail;
            tracing::warn!(consumer = group, "events wait for the database: {why}");
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.health.up();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_down_for_as_long_as_anybody_waits() {
        let health = Health::optional("test");
        let waits = Waits::new("test", health.clone());
        let failure = Failure::poison("away", "away");
        let (one, other) = (waits.begin(), waits.begin());
        one.tell(&failure);
        other.tell(&failure);
        drop(one);
        assert_eq!(health.condition().0, Condition::Down("away".to_owned()));
        // Whether it got what it waited for or was cut off: nobody waits any more.
        drop(other);
        assert_eq!(health.condition().0, Condition::Up);
    }
}
