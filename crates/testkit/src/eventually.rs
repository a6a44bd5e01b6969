//! Waiting for what happens soon, without sleeping longer than it takes.

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);

/// What one look can tell: it happened, or what was seen instead.
pub trait Outcome {
    /// What it gives once it happened.
    type Value;

    /// The value, or what was seen instead.
    ///
    /// # Errors
    /// What was seen instead.
    fn outcome(self) -> Result<Self::Value, String>;
}

impl<T, E: Debug> Outcome for Result<T, E> {
    type Value = T;

    fn outcome(self) -> Result<T, String> {
        self.map_err(|seen| format!("{seen:?}"))
    }
}

impl<T> Outcome for Option<T> {
    type Value = T;

    fn outcome(self) -> Result<T, String> {
        self.ok_or_else(|| "nothing".to_owned())
    }
}

impl Outcome for bool {
    type Value = ();

    fn outcome(self) -> Result<(), String> {
        if self {
            Ok(())
        } else {
            Err("false".to_owned())
        }
    }
}

/// Looks again and again until it happened, for at most 20 s.
///
/// # Panics
/// When it did not happen, with what was seen last.
pub async fn eventually<O: Outcome>(what: &str, look: impl AsyncFnMut() -> O) -> O::Value {
    within(PATIENCE, what, look).await
}

/// [`eventually`] with another limit.
///
/// # Panics
/// When it did not happen, with what was seen last.
pub async fn within<O: Outcome>(
    limit: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> O,
) -> O::Value {
    let deadline = Instant::now() + limit;
    let mut last = "no answer at all".to_owned();
    loop {
        match timeout_at(deadline, look()).await.map(Outcome::outcome) {
            Ok(Ok(value)) => return value,
            Ok(Err(seen)) => last = seen,
            Err(_) => {}
        }
        assert!(
            Instant::now() < deadline,
            "within {limit:?} it did not happen that {what}; seen last: {last}"
        );
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_waits_until_it_happens() {
        let mut looks = 0;
        let value = eventually("there were three looks", async || {
            looks += 1;
            if looks == 3 { Ok("now") } else { Err(looks) }
        })
        .await;
        assert_eq!(value, "now");
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(
        expected = "it did not happen that pigs fly; seen last: \"a pig on the ground\""
    )]
    async fn it_tells_what_it_saw() {
        eventually("pigs fly", async || Err::<(), _>("a pig on the ground")).await;
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "seen last: no answer at all")]
    async fn a_look_that_never_ends_is_cut_off() {
        eventually("it answers", std::future::pending::<bool>).await;
    }
}
