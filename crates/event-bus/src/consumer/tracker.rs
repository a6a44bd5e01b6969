//! Which offsets of a partition are done, and up to where it may be committed.

use std::collections::VecDeque;

use super::finished::{Arrival, Finished, KnownBy};

/// Slots that may stand for what is done beside those for what is pending: closing up is worth its while only
/// when there is much to close.
const SPARE: usize = 1_024;

/// The offsets of one partition that are pending. Whatever was accepted and is not among them is done, so that
/// memory is bounded by what is pending and not by how far it is apart.
pub(crate) struct Tracker {
    /// Ascending; the first is never done, and others that are get closed up.
    slots: VecDeque<Slot>,
    pending: usize,
    /// The offset after the last that was accepted; `None` before the first.
    next: Option<i64>,
    /// When the latest of the accepted was written.
    latest: i64,
    /// What an earlier owner of the partition had done beyond the offset that it committed.
    earlier: Finished,
    /// From here on the log holds other records than it did.
    anew: Option<i64>,
}

struct Slot {
    offset: i64,
    mark: u32,
    done: bool,
}

/// What to do with a record that arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// Handle it.
    New,
    /// It is done: an earlier owner said so with its commit.
    Finished,
    /// It was given to us before.
    Repeated,
    /// The log begins anew: nothing of it can be told by its offset any more.
    Anew,
}

impl Tracker {
    pub(crate) const fn new(earlier: Finished) -> Self {
        Self {
            slots: VecDeque::new(),
            pending: 0,
            next: None,
            latest: 0,
            earlier,
            anew: None,
        }
    }

    /// Takes note of a record. They come in ascending order, with gaps; what does not ascend has been here,
    /// unless it was written after all that has.
    pub(crate) fn accept(&mut self, arrived: Arrival) -> Accepted {
        let offset = arrived.offset;
        match self.next {
            _ if self.anew.is_some() => return Accepted::Anew,
            Some(next) if offset < next => {
                if arrived.written <= self.latest {
                    return Accepted::Repeated;
                }
                self.anew = Some(offset);
                return Accepted::Anew;
            }
            // The set is about the records of another log.
            None if !self.earlier.begins_with(arrived) => self.earlier = Finished::default(),
            _ => {}
        }
        if arrived.written > self.earlier.latest() {
            // The set's owner had not seen it: the log's tail was cut off, or all of the set is behind.
            self.earlier = Finished::default();
        }
        self.next = Some(offset + 1);
        self.latest = self.latest.max(arrived.written);
        if self.earlier.contains(offset) {
            return Accepted::Finished;
        }
        self.slots.push_back(Slot {
            offset,
            mark: arrived.mark,
            done: false,
        });
        self.pending += 1;
        Accepted::New
    }

    /// Marks an accepted offset as done.
    pub(crate) fn done(&mut self, offset: i64) {
        if let Some(at) = self.place_of(offset)
            && let Some(slot) = self.slots.get_mut(at)
            && !slot.done
        {
            slot.done = true;
            self.pending -= 1;
        }
        while self.slots.front().is_some_and(|slot| slot.done) {
            self.slots.pop_front();
        }
        if self.slots.len() > 2 * self.pending + SPARE {
            self.slots.retain(|slot| !slot.done);
        }
    }

    fn place_of(&self, offset: i64) -> Option<usize> {
        let is_there = |at: &usize| {
            self.slots
                .get(*at)
                .is_some_and(|slot| slot.offset == offset)
        };
        // Most slots have no gap between them and the first, or between them and the last.
        let from_first = usize::try_from(offset - self.slots.front()?.offset).ok();
        from_first.filter(is_there).or_else(|| {
            let to_last = usize::try_from(self.slots.back()?.offset - offset).ok()?;
            let from_last = (self.slots.len() - 1).checked_sub(to_last);
            from_last.filter(is_there).or_else(|| {
                let at = self.slots.partition_point(|slot| slot.offset < offset);
                Some(at).filter(is_there)
            })
        })
    }

    /// The offset to commit: everything before it is done. `None` before anything was accepted.
    pub(crate) fn position(&self) -> Option<i64> {
        let position = self.slots.front().map(|slot| slot.offset).or(self.next)?;
        Some(self.anew.map_or(position, |anew| anew.min(position)))
    }

    /// Whether the log begins anew, so that what is in hand may be of another.
    pub(crate) const fn is_anew(&self) -> bool {
        self.anew.is_some()
    }

    /// What is done beyond the position: whatever lies between what is pending.
    pub(crate) fn finished(&self) -> Finished {
        let (Some(first), Some(next), None) = (self.slots.front(), self.next, self.anew) else {
            return self
                .position()
                .map_or_else(Finished::default, Finished::nothing);
        };
        let mut ranges = Vec::new();
        let mut at = first.offset + 1;
        let pending = self.slots.iter().skip(1).filter(|slot| !slot.done);
        for offset in pending.map(|slot| slot.offset).chain([next]) {
            if at < offset {
                ranges.push((at, offset));
            }
            at = offset + 1;
        }
        for (start, end) in self.earlier.from(next) {
            match ranges.last_mut() {
                Some((_, last)) if *last == start => *last = end,
                _ => ranges.push((start, end)),
            }
        }
        let known_by = KnownBy {
            mark: first.mark,
            latest: self.latest.max(self.earlier.latest()),
        };
        Finished::of(first.offset, known_by, ranges)
    }

    /// Slots in memory.
    #[cfg(test)]
    pub(crate) fn open(&self) -> usize {
        self.slots.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written one after the other.
    fn at(offset: i64) -> Arrival {
        Arrival {
            offset,
            written: 1_000 + offset,
            mark: offset as u32,
        }
    }

    fn tracker(offsets: &[i64]) -> Tracker {
        let mut tracker = Tracker::new(Finished::default());
        for offset in offsets {
            assert_eq!(tracker.accept(at(*offset)), Accepted::New);
        }
        tracker
    }

    #[test]
    fn the_position_never_passes_what_is_not_done() {
        let mut tracker = tracker(&[3, 4, 5, 9]);
        assert_eq!(tracker.position(), Some(3));
        tracker.done(4);
        tracker.done(9);
        assert_eq!(tracker.position(), Some(3));
        tracker.done(3);
        assert_eq!(tracker.position(), Some(5));
        tracker.done(5);
        assert_eq!(tracker.position(), Some(10));
        assert_eq!(tracker.open(), 0);
    }

    #[test]
    fn nothing_accepted_is_nothing_to_commit() {
        assert_eq!(tracker(&[]).position(), None);
    }

    #[test]
    fn what_was_given_before_is_repeated() {
        let mut tracker = tracker(&[3, 7]);
        for offset in [3, 5, 7] {
            assert_eq!(tracker.accept(at(offset)), Accepted::Repeated);
        }
        assert_eq!(tracker.accept(at(8)), Accepted::New);
    }

    #[test]
    fn what_an_earlier_owner_did_is_done() {
        let mut earlier = tracker(&[3, 4, 5, 6]);
        earlier.done(4);
        earlier.done(6);
        let mut tracker = Tracker::new(earlier.finished());
        let accepted: Vec<_> = (3..8).map(|offset| tracker.accept(at(offset))).collect();
        let new = Accepted::New;
        assert_eq!(
            accepted,
            [new, Accepted::Finished, new, Accepted::Finished, new]
        );
        tracker.done(3);
        assert_eq!(tracker.position(), Some(5));
        tracker.done(5);
        tracker.done(7);
        assert_eq!(tracker.position(), Some(8));
    }

    #[test]
    fn what_an_earlier_owner_did_is_told_on_before_it_comes_again() {
        let mut earlier = tracker(&[3, 4, 5, 6, 7]);
        for offset in [4, 6, 7] {
            earlier.done(offset);
        }
        let mut tracker = Tracker::new(earlier.finished());
        tracker.accept(at(3));
        assert_eq!(tracker.finished(), earlier.finished());
        tracker.accept(at(4));
        tracker.accept(at(5));
        assert_eq!(tracker.finished(), earlier.finished());
    }

    #[test]
    fn a_set_about_another_log_is_forgotten() {
        let mut earlier = tracker(&[10, 11, 12]);
        earlier.done(11);
        earlier.done(12);
        let other = Arrival { mark: 7, ..at(10) };
        for first in [at(0), at(9), other] {
            let mut tracker = Tracker::new(earlier.finished());
            assert_eq!(tracker.accept(first), Accepted::New);
            assert_eq!(tracker.accept(at(11)), Accepted::New, "{first:?}");
        }
    }

    #[test]
    fn a_set_is_not_believed_of_what_was_written_after_it() {
        let mut earlier = tracker(&[10, 11, 12, 13]);
        earlier.done(11);
        earlier.done(12);
        let mut tracker = Tracker::new(earlier.finished());
        assert_eq!(tracker.accept(at(10)), Accepted::New);
        assert_eq!(tracker.accept(at(11)), Accepted::Finished);
        // The log was cut off after 11 and went on with others.
        let later = Arrival {
            written: 5_000,
            ..at(12)
        };
        assert_eq!(tracker.accept(later), Accepted::New);
    }

    #[test]
    fn a_log_that_begins_anew_while_it_is_read_is_noticed() {
        let mut tracker = tracker(&[10, 11, 12]);
        tracker.done(10);
        tracker.done(12);
        let later = |offset| Arrival {
            written: 5_000,
            ..at(offset)
        };
        assert_eq!(tracker.accept(later(4)), Accepted::Anew);
        assert_eq!(tracker.accept(later(5)), Accepted::Anew);
        assert!(tracker.is_anew());
        // Nothing before it is passed, and nothing of the old log is said to be done.
        assert_eq!(tracker.position(), Some(4));
        assert_eq!(tracker.finished(), Finished::nothing(4));
        tracker.done(11);
        assert_eq!(tracker.position(), Some(4));
    }

    #[test]
    fn memory_is_bounded_by_what_is_pending() {
        let mut tracker = tracker(&[]);
        let stuck = |offset: i64| offset % 100_000 == 0;
        for offset in 0..1_000_000 {
            tracker.accept(at(offset));
            // Each is done a little later, out of order.
            let done = (offset ^ 1) - 2;
            if done >= 0 && !stuck(done) {
                tracker.done(done);
            }
        }
        assert!(tracker.open() <= 2 * 16 + SPARE, "{}", tracker.open());
        assert_eq!(tracker.position(), Some(0));
        let finished = tracker.finished();
        assert!((1..999_990).all(|offset| finished.contains(offset) != stuck(offset)));
    }

    #[test]
    fn whatever_the_gaps_each_is_found() {
        let offsets: Vec<i64> = (0..3_000).map(|at| at * 7 % 5 + at * 5).collect();
        let mut sorted = offsets.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let mut tracker = tracker(&sorted);
        for (at, offset) in sorted.iter().enumerate().rev() {
            tracker.done(*offset);
            assert_eq!(tracker.pending, at);
        }
        assert_eq!(tracker.open(), 0);
    }
}
