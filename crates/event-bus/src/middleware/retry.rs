//! Whether a failed event is tried again, and when.

use std::time::Duration;

use nova_resilience::Backoff;

use crate::failure::Failure;
use crate::jitter;
use crate::options::ConsumerOptions;

/// The longest wait for a database that is away: what waits for it wants to go on soon after it is back.
const LONGEST_HOLD: Duration = Duration::from_millis(500);

/// How long a replay tries a letter in place: it comes again by itself, and others are due.
const PATIENCE_OF_REPLAYS: Duration = Duration::from_secs(5);

/// The tries of one event.
pub(crate) struct Retry {
    patience: Duration,
    backoff: Backoff,
    attempts: u32,
    held: u32,
    /// By tries that count, and the waits after them.
    spent: Duration,
}

/// How a try went that failed.
pub(crate) struct Went {
    /// How long it took.
    pub(crate) took: Duration,
    /// Whether it says something about the event: while the breaker is open or half open others wait as well.
    pub(crate) counts: bool,
}

/// What to do after a failure.
pub(crate) enum Verdict {
    /// Try again after that long.
    Again(Duration),
    /// The database is away and nothing can be parked either: try again for as long as that lasts.
    Hold(Duration),
    /// It will not work, or not soon.
    Park,
}

impl Retry {
    /// Of a live event.
    pub(crate) const fn begin(options: &ConsumerOptions) -> Self {
        Self {
            patience: options.patience,
            backoff: options.backoff,
            attempts: 0,
            held: 0,
            spent: Duration::ZERO,
        }
    }

    /// Of a letter.
    pub(crate) fn again(options: &ConsumerOptions) -> Self {
        Self {
            patience: options.patience.min(PATIENCE_OF_REPLAYS),
            ..Self::begin(options)
        }
    }

    /// Failed tries but for those in which the database was away.
    pub(crate) const fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) fn after(&mut self, failure: &Failure, went: &Went) -> Verdict {
        if failure.hold {
            return Verdict::Hold(self.hold());
        }
        self.attempts = self.attempts.saturating_add(1);
        if !failure.code.is_transient() {
            return Verdict::Park;
        }
        let wait = jitter::wait(&self.backoff, self.attempts);
        if !went.counts {
            return Verdict::Again(wait);
        }
        self.spent += went.took;
        if self.spent >= self.patience {
            return Verdict::Park;
        }
        // The last try comes when the patience ends, not long before.
        let wait = wait.min(self.patience - self.spent);
        self.spent += wait;
        Verdict::Again(wait)
    }

    /// The wait after one more failure of the database.
    pub(crate) fn hold(&mut self) -> Duration {
        self.held = self.held.saturating_add(1);
        jitter::wait(&self.backoff, self.held).min(LONGEST_HOLD)
    }
}

#[cfg(test)]
mod tests {
    use nova_resilience::Code;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn failure(code: Code, hold: bool) -> Failure {
        Failure {
            code,
            reason: "test",
            detail: String::new(),
            place: "test",
            hold,
        }
    }

    fn went(counts: bool) -> Went {
        let took = SECOND / 10;
        Went { took, counts }
    }

    /// How long it is tried, tries and waits, until it is parked; `None` if that does not come.
    fn tried(code: Code, hold: bool, counts: bool) -> Option<Duration> {
        let options = ConsumerOptions {
            patience: SECOND * 60,
            ..ConsumerOptions::default()
        };
        let mut retry = Retry::begin(&options);
        let mut all = Duration::ZERO;
        for _ in 0..10_000 {
            all += SECOND / 10;
            match retry.after(&failure(code, hold), &went(counts)) {
                Verdict::Again(wait) | Verdict::Hold(wait) => all += wait,
                Verdict::Park => return Some(all),
            }
        }
        None
    }

    #[test]
    fn what_may_pass_is_tried_for_as_long_as_the_patience_lasts() {
        let all = tried(Code::Unavailable, false, true).unwrap();
        assert!(all >= SECOND * 60 && all <= SECOND * 61, "{all:?}");
    }

    #[test]
    fn what_will_not_pass_is_tried_once() {
        assert_eq!(tried(Code::Invalid, false, true), Some(SECOND / 10));
    }

    #[test]
    fn tries_at_a_breaker_that_is_not_closed_do_not_count() {
        assert_eq!(tried(Code::Timeout, false, false), None);
    }

    #[test]
    fn a_database_that_is_away_is_waited_for() {
        assert_eq!(tried(Code::Unavailable, true, true), None);
    }
}
