//! How long a try takes.

use std::pin::pin;

use futures::poll;
use tokio::time::Instant;

use crate::metrics::Handled;

/// Measures work that waits for something. Looking at the clock takes longer than work that does not.
pub(super) async fn timed<T>(handled: &Handled, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    if let std::task::Poll::Ready(done) = poll!(&mut work) {
        return done;
    }
    let began = Instant::now();
    let done = work.await;
    handled.seconds.record(began.elapsed().as_secs_f64());
    done
}
