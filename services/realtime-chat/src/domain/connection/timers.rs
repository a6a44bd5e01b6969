//! When something is due on a connection by itself.

use std::time::{Duration, Instant};

/// A ping goes out this often, and is answered within as long again.
pub const HEARTBEAT: Duration = Duration::from_secs(30);
/// So long before its token ends a client is told.
const WARNING: Duration = Duration::from_secs(60);

/// What is due when.
#[derive(Debug)]
pub struct Timers {
    ping: Instant,
    pong: Option<Instant>,
    warning: Option<Instant>,
    end: Instant,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// A ping.
    Ping,
    /// No pong came.
    Silent,
    /// The token ends in so many seconds.
    Expiring(u64),
    /// The token has ended.
    Over,
}

impl Timers {
    /// Of a connection that begins now, with a token that is good for so long.
    #[must_use]
    pub fn new(now: Instant, good_for: Duration) -> Self {
        let mut timers = Self {
            ping: now + HEARTBEAT,
            pong: None,
            warning: None,
            end: now,
        };
        timers.token(now, good_for);
        timers
    }

    /// There is another token.
    pub fn token(&mut self, now: Instant, good_for: Duration) {
        self.end = now + good_for;
        self.warning = Some(now + good_for.saturating_sub(WARNING));
    }

    /// A pong came.
    pub const fn pong(&mut self) {
        self.pong = None;
    }

    /// When to look next.
    #[must_use]
    pub fn next(&self) -> Instant {
        let all = [Some(self.ping), self.pong, self.warning, Some(self.end)];
        all.into_iter().flatten().min().unwrap_or(self.end)
    }

    /// What is due, one thing at a time.
    pub fn due(&mut self, now: Instant) -> Option<Due> {
        if self.end <= now {
            return Some(Due::Over);
        }
        if self.pong.is_some_and(|due| due <= now) {
            return Some(Due::Silent);
        }
        if self.warning.is_some_and(|due| due <= now) {
            self.warning = None;
            // Half a second is one: who is told 0 has no time.
            let left = (self.end - now).as_millis().div_ceil(1_000);
            return Some(Due::Expiring(u64::try_from(left).unwrap_or(u64::MAX)));
        }
        if self.ping <= now {
            self.ping = now + HEARTBEAT;
            self.pong.get_or_insert(now + HEARTBEAT);
            return Some(Due::Ping);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn who_does_not_answer_a_ping_is_silent() {
        let now = Instant::now();
        let mut timers = Timers::new(now, 3_600 * SECOND);
        assert_eq!(timers.next(), now + HEARTBEAT);
        assert_eq!(timers.due(now), None);
        assert_eq!(timers.due(now + HEARTBEAT), Some(Due::Ping));
        assert_eq!(timers.due(now + HEARTBEAT), None);
        timers.pong();
        assert_eq!(timers.due(now + 2 * HEARTBEAT), Some(Due::Ping));
        assert_eq!(timers.due(now + 3 * HEARTBEAT), Some(Due::Silent));
    }

    #[test]
    fn who_has_no_other_token_in_time_is_over() {
        let now = Instant::now();
        let mut timers = Timers::new(now, 70 * SECOND);
        assert_eq!(timers.due(now + 9 * SECOND), None);
        assert_eq!(timers.due(now + 10 * SECOND), Some(Due::Expiring(60)));
        timers.token(now + 11 * SECOND, 30 * SECOND);
        assert_eq!(timers.due(now + 11 * SECOND), Some(Due::Expiring(30)));
        assert_eq!(timers.due(now + 41 * SECOND), Some(Due::Over));
    }
}
