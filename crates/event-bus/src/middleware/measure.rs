//! How long a try takes.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::poll;
use tokio::time::Instant;

use crate::metrics::Handled;

/// Measures work that waits for something, and says how long it waited. Looking at the clock takes longer than
/// work that does not wait.
pub(super) async fn timed<T>(handled: &Handled, work: impl Future<Output = T>) -> (T, Duration) {
    let mut work = pin!(work);
    if let Poll::Ready(done) = poll!(&mut work) {
        return (done, Duration::ZERO);
    }
    let began = Instant::now();
    let done = work.await;
    let took = began.elapsed();
    handled.seconds.record(took.as_secs_f64());
    (done, took)
}
