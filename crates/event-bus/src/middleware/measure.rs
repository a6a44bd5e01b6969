//! How long a try takes.

use tokio::time::Instant;

use crate::metrics::Handled;

pub(super) fn begin() -> Instant {
    Instant::now()
}

pub(super) fn end(began: Instant, handled: &Handled) {
    handled.seconds.record(began.elapsed().as_secs_f64());
}
