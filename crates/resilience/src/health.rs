//! What a part of the process says of itself.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Up or down, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Nothing has been tried yet.
    Starting,
    /// The last attempt worked.
    Up,
    /// The last attempt failed, and this is why. No secret and no personal data in here.
    Down(String),
}

/// The condition of one dependency or task. Clones share it: the owner reports, the health page reads.
#[derive(Debug, Clone)]
pub struct Health {
    name: Arc<str>,
    required: bool,
    now: Arc<Now>,
}

#[derive(Debug)]
struct Now {
    condition: Mutex<(Condition, SystemTime)>,
    /// When it last proved to work, in milliseconds since 1970; 0 if that was never told.
    last_success: AtomicU64,
    /// Whether the condition is up: most reports say so and change nothing.
    is_up: AtomicBool,
}

impl Health {
    /// A part without which the process cannot serve: while it is down the process is not ready.
    #[must_use]
    pub fn required(name: &str) -> Self {
        Self::new(name, true)
    }

    /// A part whose failure is only late or slow: the process stays ready and says it is degraded.
    #[must_use]
    pub fn optional(name: &str) -> Self {
        Self::new(name, false)
    }

    fn new(name: &str, required: bool) -> Self {
        let now = Arc::new(Now {
            condition: Mutex::new((Condition::Starting, SystemTime::now())),
            last_success: AtomicU64::new(0),
            is_up: AtomicBool::new(false),
        });
        Self {
            name: name.into(),
            required,
            now,
        }
    }

    /// The part's name on the health page, e.g. `content.postgres`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the process is unready while this is down.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.required
    }

    /// Reports that it works.
    pub fn up(&self) {
        if self.now.is_up.load(Ordering::Acquire) {
            return;
        }
        self.set(Condition::Up);
    }

    /// Reports that it has just been tried and worked, so that the page can say how long ago that was.
    pub fn succeeded(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = now.unwrap_or_default().as_millis() as u64;
        self.now.last_success.store(millis, Ordering::Release);
        self.up();
    }

    /// When it was last tried and worked, where that is told.
    #[must_use]
    pub fn last_success(&self) -> Option<SystemTime> {
        let millis = self.now.last_success.load(Ordering::Acquire);
        (millis > 0).then(|| UNIX_EPOCH + Duration::from_millis(millis))
    }

    /// Reports that it does not work, and why.
    pub fn down(&self, why: impl Into<String>) {
        self.set(Condition::Down(why.into()));
    }

    /// The condition now, and since when it has been up or down (a new reason for being down does not
    /// start the clock again).
    #[must_use]
    pub fn condition(&self) -> (Condition, SystemTime) {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, (Condition, SystemTime)> {
        let lock = self.now.condition.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, new: Condition) {
        let mut now = self.lock();
        self.now
            .is_up
            .store(new == Condition::Up, Ordering::Release);
        if std::mem::discriminant(&now.0) != std::mem::discriminant(&new) {
            now.1 = SystemTime::now();
        }
        now.0 = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_success_is_remembered_while_it_is_down() {
        let health = Health::optional("kafka");
        assert_eq!(health.last_success(), None);
        health.succeeded();
        health.down("refused");
        assert!(health.last_success().is_some());
    }

    #[test]
    fn since_changes_only_when_up_turns_down_or_back() {
        let health = Health::required("kafka");
        health.down("refused");
        let (_, since) = health.condition();
        health.down("timed out");
        assert_eq!(
            health.condition(),
            (Condition::Down("timed out".to_owned()), since)
        );
        health.up();
        assert_eq!(health.clone().condition().0, Condition::Up);
    }
}
