//! Waiting for what must happen, and saying what was seen instead when it does not.

use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep, timeout_at};

/// For everything that must happen by itself: far more than it takes on a machine that has other things to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

const PAUSE: Duration = Duration::from_millis(50);

/// Looks again and again until there is a value; `Ok(Err(..))` tells what was seen instead, an error ends it.
pub(crate) async fn until<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> anyhow::Result<Result<T, String>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + PATIENCE;
    let mut last = "nothing".to_owned();
    loop {
        match timeout_at(deadline, look()).await {
            Ok(Ok(Ok(value))) => return Ok(value),
            Ok(Ok(Err(seen))) => last = seen,
            Ok(Err(error)) => return Err(error),
            Err(_) => {}
        }
        if Instant::now() >= deadline {
            bail!("within {PATIENCE:?} it did not happen that {what}; seen last: {last}");
        }
        sleep(PAUSE).await;
    }
}
