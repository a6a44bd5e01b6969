//! Waiting for an exact time: tokio's timers round up to the next millisecond, which is as long as some of
//! the work that is simulated here.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::task::AtomicWaker;

/// Wakes whoever has waited for `length`. All wait equally long, so they are due in the order of their coming.
#[derive(Clone)]
pub(super) struct Clock {
    length: Duration,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<VecDeque<(Instant, Arc<AtomicWaker>)>>,
    somebody: Condvar,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<(Instant, Arc<AtomicWaker>)>> {
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
            waits: None,
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
        let woken: Vec<_> = waiting.drain(..due).map(|(_, waker)| waker).collect();
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
    /// Until when, and whom the clock wakes then.
    waits: Option<(Instant, Arc<AtomicWaker>)>,
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some((until, waker)) = &self.waits {
            // Registered first: the clock may come by in between.
            waker.register(context.waker());
            return if Instant::now() >= *until {
                Poll::Ready(())
            } else {
                Poll::Pending
            };
        }
        let waker = Arc::new(AtomicWaker::new());
        waker.register(context.waker());
        let mut waiting = self.clock.shared.waiting();
        // Taken under the lock: the queue is in the order of time.
        let until = Instant::now() + self.clock.length;
        waiting.push_back((until, Arc::clone(&waker)));
        let is_first = waiting.len() == 1;
        drop(waiting);
        self.waits = Some((until, waker));
        if is_first {
            self.clock.shared.somebody.notify_one();
        }
        Poll::Pending
    }
}
