//! Waiting for an exact time: tokio's timers round up to the next millisecond, which is as long as some of
//! the work that is simulated here.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Wakes whoever has waited for `length`. All wait equally long, so they are due in the order of their coming.
#[derive(Clone)]
pub(super) struct Clock {
    length: Duration,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<VecDeque<(Instant, Waker)>>,
    somebody: Condvar,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<(Instant, Waker)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock {
    /// A clock with a thread of its own, which ends with the process.
    pub(super) fn of(length: Duration) -> Self {
        let shared = Arc::new(Shared::default());
        let threads = Arc::clone(&shared);
        std::thread::spawn(move || run(&threads));
        Self { length, shared }
    }

    /// Waits.
    pub(super) fn wait(&self) -> Wait<'_> {
        Wait {
            clock: self,
            until: None,
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "this thread does nothing but sleep and wake others"
)]
fn run(shared: &Shared) {
    loop {
        let mut waiting = shared.waiting();
        while waiting.is_empty() {
            waiting = shared
                .somebody
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let now = Instant::now();
        let due = waiting.partition_point(|(until, _)| *until <= now);
        let woken: Vec<Waker> = waiting.drain(..due).map(|(_, waker)| waker).collect();
        let next = waiting.front().map(|(until, _)| *until - now);
        drop(waiting);
        for waker in woken {
            waker.wake();
        }
        if let Some(next) = next {
            std::thread::sleep(next.max(Duration::from_micros(50)));
        }
    }
}

/// See [`Clock::wait`].
pub(super) struct Wait<'a> {
    clock: &'a Clock,
    until: Option<Instant>,
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let now = Instant::now();
        let is_new = self.until.is_none();
        let due = now + self.clock.length;
        let until = *self.until.get_or_insert(due);
        if now >= until {
            return Poll::Ready(());
        }
        let mut waiting = self.clock.shared.waiting();
        // Who is polled again waits as long as before, but for another waker.
        let at = if is_new {
            waiting.len()
        } else {
            waiting.partition_point(|(other, _)| *other <= until)
        };
        waiting.insert(at, (until, context.waker().clone()));
        let is_first = waiting.len() == 1;
        drop(waiting);
        if is_first {
            self.clock.shared.somebody.notify_one();
        }
        Poll::Pending
    }
}
