//! Whether a failed event is tried again, and when.

use std::time::Duration;

use nova_resilience::Backoff;

use crate::failure::Failure;
use crate::jitter;
use crate::options::ConsumerOptions;

/// The longest wait for a database that is away: what waits for it wants to go on soon after it is back.
const LONGEST_HOLD: Duration = Duration::from_millis(500);

/// The tries of one event.
pub(crate) struct Retry {
    most: u32,
    backoff: Backoff,
    attempts: u32,
    held: u32,
}

/// What to do after a failure.
pub(crate) enum Verdict {
    /// Try again after that long.
    Again(Duration),
    /// The database is away and nothing can be parked either: try again for as long as that lasts.
    Hold(Duration),
    /// It will not work.
    Park,
}

impl Retry {
    pub(crate) fn begin(options: &ConsumerOptions) -> Self {
        Self {
            most: options.attempts.max(1),
            backoff: options.backoff,
            attempts: 0,
            held: 0,
        }
    }

    /// Failed tries that count.
    pub(crate) const fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) fn after(&mut self, failure: &Failure) -> Verdict {
        if failure.hold {
            self.held += 1;
            return Verdict::Hold(jitter::wait(&self.backoff, self.held).min(LONGEST_HOLD));
        }
        self.attempts += 1;
        if !failure.code.is_transient() || self.attempts >= self.most {
            return Verdict::Park;
        }
        Verdict::Again(jitter::wait(&self.backoff, self.attempts))
    }
}
