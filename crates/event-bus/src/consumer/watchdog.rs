//! Notices a partition that the client library no longer gives: it has messages, its lane has none and gets none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::assignment::Partition;

/// A partition that is not given for so long is forgotten.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was seen of each partition, also by earlier clients of this process.
#[derive(Clone, Default)]
pub(crate) struct Watchdog(Arc<Mutex<HashMap<Partition, Seen>>>);

struct Seen {
    done: i64,
    end: i64,
    since: Instant,
    /// The end for which a new client was asked for before: what it was not given either is no message (the
    /// last entry of a log may be a mark of a transaction).
    asked_for: Option<i64>,
}

/// How a partition stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    /// Everything before it is done.
    pub(crate) done: i64,
    /// The offset after the last message that may be read.
    pub(crate) end: i64,
    /// Messages that the lane has and has not done.
    pub(crate) in_flight: usize,
}

impl Watchdog {
    /// Takes note of a partition; true when it is forgotten and the client must be made anew, which is said once
    /// for each end.
    pub(crate) fn is_forgotten(&self, partition: &Partition, now: Standing) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = all.entry(partition.clone()).or_insert_with(|| Seen {
            done: now.done,
            end: now.end,
            since: Instant::now(),
            asked_for: None,
        });
        if now.done != seen.done || now.in_flight > 0 || now.done >= now.end {
            seen.since = Instant::now();
        }
        seen.done = now.done;
        seen.end = now.end;
        let forgotten = seen.since.elapsed() >= PATIENCE && seen.asked_for != Some(now.end);
        if forgotten {
            seen.asked_for = Some(now.end);
            seen.since = Instant::now();
        }
        forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(done: i64, end: i64, in_flight: usize) -> Standing {
        Standing {
            done,
            end,
            in_flight,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_gets_nothing_although_there_is_something_is_forgotten_once() {
        let (watchdog, partition) = (Watchdog::default(), ("t".into(), 0));
        let look = |now| watchdog.is_forgotten(&partition, now);
        assert!(!look(standing(5, 10, 0)));
        tokio::time::advance(PATIENCE).await;
        assert!(look(standing(5, 10, 0)));
        tokio::time::advance(PATIENCE).await;
        assert!(
            !look(standing(5, 10, 0)),
            "a new client was given nothing either"
        );
        assert!(look(standing(5, 11, 0)), "there is more now");
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_something_in_hand_or_gets_on_is_not_forgotten() {
        let (watchdog, partition) = (Watchdog::default(), ("t".into(), 0));
        let look = |now| watchdog.is_forgotten(&partition, now);
        for now in [standing(5, 10, 1), standing(6, 10, 0), standing(10, 10, 0)] {
            assert!(!look(now));
            tokio::time::advance(PATIENCE).await;
        }
        assert!(!look(standing(10, 10, 0)));
    }
}
