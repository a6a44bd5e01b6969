//! When the server was last heard of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A watch that pings each second hears of its server as often.
const FRESH: Duration = Duration::from_millis(1_500);

/// When the server last answered the watch, and when a connection last came back to the pool. Clones share
/// it.
#[derive(Debug, Clone)]
pub(super) struct Pulse(Arc<Times>);

/// In milliseconds since the beginning.
#[derive(Debug)]
struct Times {
    began: Instant,
    beat: AtomicU64,
    given_back: AtomicU64,
}

impl Default for Pulse {
    fn default() -> Self {
        Self(Arc::new(Times {
            began: Instant::now(),
            beat: AtomicU64::new(0),
            given_back: AtomicU64::new(0),
        }))
    }
}

impl Pulse {
    /// The server has answered.
    pub(super) fn beat(&self) {
        self.0.beat.store(self.0.now(), Ordering::Relaxed);
    }

    /// Whether it has answered lately. Never, where nobody watches.
    pub(super) fn is_fresh(&self) -> bool {
        self.0.since(&self.0.beat) <= FRESH
    }

    /// A connection has come back to the pool.
    pub(super) fn given_back(&self) {
        self.0.given_back.store(self.0.now(), Ordering::Relaxed);
    }

    /// How long ago one did.
    pub(super) fn since_given_back(&self) -> Duration {
        self.0.since(&self.0.given_back)
    }
}

impl Times {
    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    fn since(&self, time: &AtomicU64) -> Duration {
        Duration::from_millis(self.now().saturating_sub(time.load(Ordering::Relaxed)))
    }
}
