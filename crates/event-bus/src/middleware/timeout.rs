//! A handler has its time, and a panic of it is a failure like others.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;

use crate::failure::Failure;

pub(super) async fn within(
    limit: Duration,
    place: &'static str,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let work = AssertUnwindSafe(tokio::time::timeout(limit, work)).catch_unwind();
    match work.await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(Failure::timed_out(place, limit)),
        Err(panic) => Err(Failure::panicked(place, &*panic)),
    }
}
