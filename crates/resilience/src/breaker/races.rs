//! Named regression, JasperFx/wolverine #3680: a breaker tripped beside a durable inbox and lost 9 of
//! 1,200 messages, because the latch was checked first and the message marked as received after, so
//! that those caught by a trip were stored as nothing that recovery looks for. The breaker's part of
//! it: to ask and to take is one step, and here threads try to get between.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::Duration;

use super::*;

const THREADS: u32 = 8;
const ROUNDS: u32 = 100;
const PROBES: u32 = 3;

/// A breaker that is open but whose time is over.
async fn due() -> Breaker {
    let config = BreakerConfig::new(BreakerPolicy::Consecutive(1)).and_then(|config| {
        let second = Duration::from_secs(1);
        config.open_for(second, 1, second)?.half_open(PROBES, 1)
    });
    let breaker = Breaker::new("raced", config.unwrap());
    breaker.try_acquire().unwrap().failure();
    tokio::time::advance(Duration::from_secs(1)).await;
    breaker
}

/// Runs it on many threads that start together and see the paused clock.
fn together<T: Send>(run: impl Fn() -> T + Sync) -> Vec<T> {
    let runtime = tokio::runtime::Handle::current();
    let start = Barrier::new(THREADS as usize);
    let on_thread = || {
        let _entered = runtime.enter();
        start.wait();
        run()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(on_thread)).collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap());
        joined.collect()
    })
}

#[tokio::test(start_paused = true)]
async fn wolverine_3680_racing_threads_get_no_more_than_the_allowed_probes() {
    for _ in 0..ROUNDS {
        let breaker = due().await;
        let permits = together(|| breaker.try_acquire().ok());
        let given = permits.iter().flatten().count();
        assert_eq!(given, PROBES as usize);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
    }
}

#[tokio::test(start_paused = true)]
async fn wolverine_3680_given_back_places_never_make_too_many_probes_at_once() {
    let running = AtomicU32::new(0);
    let breaker = due().await;
    together(|| {
        for _ in 0..2_000 {
            if let Ok(permit) = breaker.try_acquire() {
                assert!(running.fetch_add(1, Ordering::SeqCst) < PROBES);
                running.fetch_sub(1, Ordering::SeqCst);
                drop(permit);
            }
        }
    });
    let all: Vec<_> = (0..PROBES)
        .map(|_| breaker.try_acquire().unwrap())
        .collect();
    assert!(
        breaker.try_acquire().is_err(),
        "beside {} probes",
        all.len()
    );
}

#[tokio::test(start_paused = true)]
async fn wolverine_3680_no_permit_is_given_after_the_transition() {
    for _ in 0..ROUNDS {
        let breaker = due().await;
        let probe = Mutex::new(Some(breaker.try_acquire().unwrap()));
        let opened = AtomicBool::new(false);
        let permits = together(|| {
            let probe = probe.lock().unwrap().take();
            if let Some(probe) = probe {
                probe.failure();
                opened.store(true, Ordering::SeqCst);
            }
            let mut given = Vec::new();
            for _ in 0..200 {
                let was_open = opened.load(Ordering::SeqCst);
                if let Ok(permit) = breaker.try_acquire() {
                    assert!(!was_open, "a permit was given after the transition");
                    given.push(permit);
                }
            }
            given
        });
        // What was given before says that all is well, too late to be heard.
        permits.into_iter().flatten().for_each(Permit::success);
        assert_eq!(breaker.state(), BreakerState::Open);
    }
}
