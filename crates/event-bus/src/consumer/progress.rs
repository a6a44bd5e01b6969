//! Whether the consumer gets on.

use std::time::Duration;

use nova_resilience::Health;
use tokio::time::Instant;

/// Looks every now and then whether events are finished while there are some.
pub(crate) struct Progress {
    health: Health,
    stuck_after: Duration,
    handled: usize,
    lag: i64,
    since: Instant,
}

impl Progress {
    pub(crate) fn new(health: Health, stuck_after: Duration) -> Self {
        Self {
            health,
            stuck_after,
            handled: 0,
            lag: 0,
            since: Instant::now(),
        }
    }

    /// Takes note of how it stands: whether brokers answer, how many events are behind the position, how
    /// many were taken and are not done, and how many are done since the beginning.
    pub(crate) fn look(&mut self, is_up: bool, lag: i64, in_flight: usize, handled: usize) {
        let waits = in_flight > 0 || (is_up && lag > self.lag);
        if handled != self.handled || !waits {
            self.since = Instant::now();
            self.lag = lag;
            self.handled = handled;
            self.health.up();
            return;
        }
        let stuck = self.since.elapsed();
        if stuck >= self.stuck_after {
            let seconds = stuck.as_secs();
            self.health.down(format!(
                "{lag} events wait and none was finished for {seconds} s"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use nova_resilience::Condition;

    use super::*;

    fn progress() -> (Health, Progress) {
        let health = Health::required("test");
        let progress = Progress::new(health.clone(), Duration::from_secs(60));
        (health, progress)
    }

    fn is_stuck(health: &Health) -> bool {
        matches!(health.condition().0, Condition::Down(_))
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_events_and_finishes_none_is_stuck() {
        let (health, mut progress) = progress();
        progress.look(true, 10, 5, 100);
        tokio::time::advance(Duration::from_secs(59)).await;
        progress.look(true, 20, 5, 100);
        assert!(!is_stuck(&health));
        tokio::time::advance(Duration::from_secs(1)).await;
        progress.look(true, 20, 5, 100);
        assert!(is_stuck(&health));
        progress.look(true, 20, 5, 101);
        assert!(!is_stuck(&health));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lag_that_grows_without_being_fetched_is_stuck() {
        let (health, mut progress) = progress();
        progress.look(true, 0, 0, 100);
        tokio::time::advance(Duration::from_secs(61)).await;
        progress.look(true, 1, 0, 100);
        assert!(is_stuck(&health));
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_nothing_to_do_is_not_stuck() {
        let (health, mut progress) = progress();
        // The last entry of the log may be one that no consumer is given.
        progress.look(true, 1, 0, 100);
        tokio::time::advance(Duration::from_secs(600)).await;
        progress.look(true, 1, 0, 100);
        assert!(!is_stuck(&health));
    }
}
