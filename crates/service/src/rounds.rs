//! Work that goes on in rounds, for [`Service::task`](crate::Service::task).

use std::error::Error;
use std::time::Duration;

use nova_resilience::{Backoff, Chain};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Does one round after the other until `stop`, which may cut one off anywhere. A round says how long to rest before the
/// next; where there is a `wake`, it ends that rest. After one that fails nothing wakes: the rest grows with each failure
/// in a row, and `waits` says what waits meanwhile.
pub async fn rounds<F, E>(
    stop: CancellationToken,
    wake: Option<&Notify>,
    waits: &str,
    round: impl Fn() -> F,
) where
    F: Future<Output = Result<Duration, E>>,
    E: Error + 'static,
{
    let backoff = Backoff::standard();
    let mut failures = 0;
    loop {
        let rest = match stop.run_until_cancelled(Box::pin(round())).await {
            None => return,
            Some(Ok(rest)) => {
                failures = 0;
                rest
            }
            Some(Err(error)) => {
                failures += 1;
                tracing::warn!(error = %Chain(&error), failures, "{waits}");
                backoff.wait(failures)
            }
        };
        if rest.is_zero() {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = woken(wake), if failures == 0 => {}
            () = tokio::time::sleep(rest) => {}
        }
    }
}

async fn woken(wake: Option<&Notify>) {
    match wake {
        Some(wake) => wake.notified().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;

    use tokio::time::{Instant, sleep};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// When the rounds began, in seconds, of which some fail.
    async fn begun(wake_after: Option<Duration>, fails: impl Fn(usize) -> bool) -> Vec<u64> {
        let (stop, wake, began) = (CancellationToken::new(), Notify::new(), Instant::now());
        let begun = Mutex::new(Vec::new());
        let round = || {
            let mut begun = begun.lock().unwrap();
            begun.push(began.elapsed().as_secs());
            let number = begun.len();
            let fails = fails(number);
            async move {
                if fails {
                    return Err(io::Error::other("broken"));
                }
                // The first is not all that there is to do.
                Ok(if number == 1 {
                    Duration::ZERO
                } else {
                    10 * SECOND
                })
            }
        };
        let woken = async {
            if let Some(after) = wake_after {
                sleep(after).await;
                wake.notify_one();
            }
            sleep(15 * SECOND).await;
            stop.cancel();
        };
        tokio::join!(
            rounds(stop.clone(), Some(&wake), "tests wait", &round),
            woken
        );
        begun.into_inner().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_round_says_how_long_to_rest_unless_something_wakes() {
        assert_eq!(begun(None, |_| false).await, [0, 0, 10]);
        assert_eq!(begun(Some(3 * SECOND), |_| false).await, [0, 0, 3, 13]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_is_tried_again_after_a_rest() {
        let tried = begun(None, |number| number > 1).await.len();
        // Standard backoff has a handful in 15 s, with luck a few more; without a rest there would be no end.
        assert!((3..100).contains(&tried), "{tried}");
    }
}
