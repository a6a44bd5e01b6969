//! How long a try takes.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures::poll;
use tokio::time::Instant;

use crate::metrics::Handled;

/// Measures work that waits for something, and says how long it waited. Looking at the clock takes longer than
/// work that does not wait. The work stays with who asks: what is handed over takes its room twice.
pub(super) async fn timed<T>(
    handled: &Handled,
    mut work: Pin<&mut impl Future<Output = T>>,
) -> (T, Duration) {
    if let Poll::Ready(done) = poll!(&mut work) {
        return (done, Duration::ZERO);
    }
    let began = Instant::now();
    let done = work.await;
    let took = began.elapsed();
    handled.seconds.record(took.as_secs_f64());
    (done, took)
}
