//! A handler has its time, and a panic of it is a failure like others.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::{FutureExt, poll};

use crate::failure::Failure;

pub(super) async fn within(
    limit: Duration,
    place: &'static str,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let mut work = pin!(AssertUnwindSafe(work).catch_unwind());
    // What does not wait needs no timer.
    let outcome = match poll!(&mut work) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => match Box::pin(tokio::time::timeout(limit, work)).await {
            Ok(outcome) => outcome,
            Err(_) => return Err(Failure::timed_out(place, limit)),
        },
    };
    outcome.unwrap_or_else(|panic| Err(Failure::panicked(place, &*panic)))
}
