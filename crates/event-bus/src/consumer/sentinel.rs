//! Watches in production that the promises hold, apart from the code that keeps them.

use super::keys::KeyHash;
use crate::metrics;

/// Keys watched at a time, a power of two.
const WATCHED: usize = 4_096;

/// Watches one partition. It knows nothing of queues and windows, only of what was begun, ended and committed.
/// Of two keys that share a place it watches the later one, unless the earlier is in hand.
pub(crate) struct Sentinel {
    consumer: &'static str,
    watched: Vec<Watched>,
    committed: i64,
    violations: u64,
}

#[derive(Clone, Copy)]
struct Watched {
    key: KeyHash,
    /// The last that was begun.
    offset: i64,
    running: bool,
}

impl Sentinel {
    pub(crate) fn new(consumer: &'static str) -> Self {
        let nobody = Watched {
            key: 0,
            offset: i64::MIN,
            running: false,
        };
        Self {
            consumer,
            watched: vec![nobody; WATCHED],
            committed: i64::MIN,
            violations: 0,
        }
    }

    /// Violations seen.
    #[cfg(test)]
    pub(crate) const fn violations(&self) -> u64 {
        self.violations
    }

    /// An event of a key is about to be handled: none of the key may be in hand, and none later have been.
    pub(crate) fn begin(&mut self, key: KeyHash, offset: i64) {
        let Some(watched) = self.watched.get_mut(key as usize % WATCHED) else {
            return;
        };
        let before = *watched;
        if before.key != key && before.running {
            return;
        }
        *watched = Watched {
            key,
            offset,
            running: true,
        };
        if before.key == key && before.running {
            self.cry("two events of one key are handled at once", offset);
        } else if before.key == key && offset < before.offset {
            self.cry("an event is handled after a later one of its key", offset);
        }
    }

    /// A further event of a key that is in hand is handled with the others, after them.
    pub(crate) fn also(&mut self, key: KeyHash, offset: i64) {
        let Some(watched) = self.watch(key) else {
            return;
        };
        let in_order = offset > watched.offset;
        watched.offset = offset;
        if !in_order {
            self.cry(
                "events of one key are handled together out of order",
                offset,
            );
        }
    }

    /// A key is no longer in hand; its events from `undone` on will come again.
    pub(crate) fn end(&mut self, key: KeyHash, undone: Option<i64>) {
        if let Some(watched) = self.watch(key) {
            watched.running = false;
            if let Some(offset) = undone {
                watched.offset = watched.offset.min(offset - 1);
            }
        }
    }

    /// A position is about to be committed: nothing before it may be unfinished, and it may not go back.
    pub(crate) fn commit(&mut self, position: i64, unfinished: impl Iterator<Item = i64>) {
        if let Some(first) = unfinished.min()
            && first < position
        {
            self.cry("a commit passes an event that is not done", first);
        }
        if position < self.committed {
            self.cry("a commit goes back", position);
        }
        self.committed = self.committed.max(position);
    }

    fn watch(&mut self, key: KeyHash) -> Option<&mut Watched> {
        let watched = self.watched.get_mut(key as usize % WATCHED)?;
        (watched.key == key).then_some(watched)
    }

    fn cry(&mut self, what: &'static str, offset: i64) {
        self.violations += 1;
        metrics::violated(self.consumer, what);
        tracing::error!(
            consumer = self.consumer,
            offset,
            "a promise is broken: {what}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cries(watch: impl FnOnce(&mut Sentinel)) -> u64 {
        let mut sentinel = Sentinel::new("test");
        watch(&mut sentinel);
        sentinel.violations()
    }

    #[test]
    fn what_is_in_order_is_quiet() {
        let cries = cries(|sentinel| {
            sentinel.begin(1, 10);
            sentinel.also(1, 11);
            sentinel.begin(2, 12);
            sentinel.commit(10, [11, 10, 12].into_iter());
            sentinel.end(1, Some(11));
            sentinel.begin(1, 11);
            sentinel.end(1, None);
            sentinel.commit(12, [12].into_iter());
        });
        assert_eq!(cries, 0);
    }

    #[test]
    fn two_of_a_key_at_once_are_seen() {
        let cries = cries(|sentinel| {
            sentinel.begin(1, 10);
            sentinel.begin(1, 11);
        });
        assert_eq!(cries, 1);
    }

    #[test]
    fn a_key_that_goes_back_is_seen() {
        let cries = cries(|sentinel| {
            sentinel.begin(1, 10);
            sentinel.end(1, None);
            sentinel.begin(1, 9);
        });
        assert_eq!(cries, 1);
    }

    #[test]
    fn a_commit_too_far_or_back_is_seen() {
        let cries = cries(|sentinel| {
            sentinel.commit(11, [10].into_iter());
            sentinel.commit(10, [10].into_iter());
        });
        assert_eq!(cries, 2);
    }
}
