//! Whether what a node sends itself comes back in time, and whose fault it is when it does not.

use std::time::{Duration, Instant};

/// At least so often.
const OFTEN: Duration = Duration::from_secs(2);
/// A node that begins joins others first, and those may be many: so long its canary is not late.
const STARTING: Duration = Duration::from_secs(30);

/// How often a node with these heartbeats sends itself something.
#[must_use]
pub fn interval(heartbeat: Duration) -> Duration {
    OFTEN.min(heartbeat / 2)
}

/// What a node sends itself. Of each only that it came counts, however late: then others arrive, too.
#[derive(Debug, Clone)]
pub struct Canary {
    interval: Duration,
    began: Instant,
    /// When the first was sent of those since the last that came.
    asked: Option<Instant>,
    came: Option<Instant>,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// None has come yet, and that may be.
    Starting,
    /// They come.
    OnTime,
    /// None has come for two intervals.
    Late,
}

impl Canary {
    /// One that is sent each `interval` from now on.
    #[must_use]
    pub const fn new(interval: Duration, now: Instant) -> Self {
        Self {
            interval,
            began: now,
            asked: None,
            came: None,
        }
    }

    /// One was sent.
    pub fn sent(&mut self, now: Instant) {
        self.asked.get_or_insert(now);
    }

    /// One came.
    pub const fn came(&mut self, now: Instant) {
        self.asked = None;
        self.came = Some(now);
    }

    /// How it is now. A process that stood still has sent nothing that could have come: that alone is not late.
    #[must_use]
    pub fn standing(&self, now: Instant) -> Standing {
        let since = |at: Instant| now.saturating_duration_since(at);
        let is_owed = self.asked.is_some_and(|at| since(at) >= self.interval);
        match self.came {
            None if since(self.began) < STARTING => Standing::Starting,
            Some(came) if !is_owed || since(came) < 2 * self.interval => Standing::OnTime,
            _ => Standing::Late,
        }
    }

    /// Whether events can arrive, as far as is known. A node that begins is believed for two of its heartbeats.
    #[must_use]
    pub fn arrives(&self, now: Instant, heartbeat: Duration) -> bool {
        match self.standing(now) {
            Standing::Starting => now.saturating_duration_since(self.began) < 2 * heartbeat,
            Standing::OnTime => true,
            Standing::Late => false,
        }
    }

    /// Whether it is late although all answer on whom it depends: `answered` is how long ago each of them did, if ever. An
    /// answer counts from an interval after what is missed was sent: one of before the outage says nothing. Whoever may have
    /// to wait for others to be replaced has `patience`.
    #[must_use]
    pub fn is_ours(&self, now: Instant, answered: &[Option<Duration>], patience: Duration) -> bool {
        let Some(asked) = self.asked.filter(|_| self.standing(now) == Standing::Late) else {
            return false;
        };
        let waited = now.saturating_duration_since(asked);
        let is_fresh =
            |ago: &Option<Duration>| ago.is_some_and(|ago| ago + self.interval <= waited);
        waited >= patience && answered.iter().all(is_fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: Duration = Duration::from_secs(2);
    const HEARTBEAT: Duration = Duration::from_secs(15);

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn it_is_sent_twice_in_a_heartbeat_and_each_two_seconds() {
        assert_eq!(interval(HEARTBEAT), TWO);
        assert_eq!(interval(seconds(1.0)), seconds(0.5));
    }

    #[test]
    fn it_is_late_after_two_intervals_without_one_and_not_before() {
        let began = Instant::now();
        let at = |after: f64| began + seconds(after);
        let mut canary = Canary::new(TWO, began);
        canary.sent(at(0.0));
        canary.came(at(0.1));
        canary.sent(at(2.0));
        canary.sent(at(4.0));
        assert_eq!(canary.standing(at(4.05)), Standing::OnTime);
        assert_eq!(canary.standing(at(4.1)), Standing::Late);
        assert!(!canary.arrives(at(4.1), HEARTBEAT));
        // The one that comes late answers for those before it.
        canary.came(at(5.0));
        assert_eq!(canary.standing(at(5.0)), Standing::OnTime);
        assert!(canary.arrives(at(6.9), HEARTBEAT));
    }

    #[test]
    fn a_process_that_stood_still_is_not_late_before_it_has_sent_again() {
        let began = Instant::now();
        let at = |after: f64| began + seconds(after);
        let mut canary = Canary::new(TWO, began);
        canary.sent(at(0.0));
        canary.came(at(0.1));
        assert_eq!(canary.standing(at(60.0)), Standing::OnTime);
        canary.sent(at(60.0));
        assert_eq!(canary.standing(at(61.9)), Standing::OnTime);
        assert_eq!(canary.standing(at(62.0)), Standing::Late);
    }

    #[test]
    fn who_begins_is_not_late_for_half_a_minute_and_believed_for_two_heartbeats() {
        let began = Instant::now();
        let at = |after: f64| began + seconds(after);
        let mut canary = Canary::new(seconds(0.5), began);
        canary.sent(began);
        assert_eq!(canary.standing(at(29.9)), Standing::Starting);
        assert!(canary.arrives(at(1.9), seconds(1.0)));
        assert!(!canary.arrives(at(2.0), seconds(1.0)));
        assert_eq!(canary.standing(at(30.0)), Standing::Late);
        canary.came(at(40.0));
        assert!(canary.arrives(at(40.0), seconds(1.0)));
    }

    #[test]
    fn it_is_our_fault_only_if_all_have_answered_since() {
        let began = Instant::now();
        let at = |after: f64| began + seconds(after);
        let mut canary = Canary::new(TWO, began);
        canary.came(began);
        canary.sent(at(2.0));
        let now = at(7.0);
        let ours = |ago: &[Option<f64>], patience: f64| {
            let answered: Vec<Option<Duration>> = ago.iter().map(|ago| ago.map(seconds)).collect();
            canary.is_ours(now, &answered, seconds(patience))
        };
        assert!(ours(&[Some(0.0), Some(3.0)], 0.0));
        assert!(ours(&[Some(0.0)], 5.0));
        // It has waited five seconds.
        assert!(!ours(&[Some(0.0)], 5.1));
        // One answered last before that could be told, or never.
        assert!(!ours(&[Some(0.0), Some(3.1)], 0.0));
        assert!(!ours(&[Some(0.0), None], 0.0));
        // What is not late is nobody's fault.
        assert!(!canary.is_ours(at(3.9), &[], Duration::ZERO));
    }
}
