//! Which offsets of a partition are done, and up to where it may be committed.

use std::collections::VecDeque;

use super::finished::Finished;

/// The offsets of one partition from the first that is not done to the last that was accepted.
pub(crate) struct Tracker {
    /// In the order of acceptance, which is that of offsets; the first is never done.
    window: VecDeque<Slot>,
    /// The offset after the last that was accepted; `None` before the first.
    next: Option<i64>,
    /// What an earlier owner of the partition had done beyond the offset that it committed.
    earlier: Finished,
}

struct Slot {
    offset: i64,
    done: bool,
}

/// What to do with an offset that arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// Handle it.
    New,
    /// It is done: an earlier owner said so with its commit.
    Finished,
    /// It was given to us before.
    Repeated,
}

impl Tracker {
    pub(crate) const fn new(earlier: Finished) -> Self {
        Self {
            window: VecDeque::new(),
            next: None,
            earlier,
        }
    }

    /// Takes note of an offset. They come in ascending order, with gaps; what does not ascend has been here.
    pub(crate) fn accept(&mut self, offset: i64) -> Accepted {
        match self.next {
            Some(next) if offset < next => {
                return Accepted::Repeated;
            }
            // The broker no longer has the offset that the set is relative to: the set is about other events.
            None if offset < self.earlier.position() => self.earlier = Finished::default(),
            _ => {}
        }
        self.next = Some(offset + 1);
        let done = self.earlier.contains(offset);
        if !done || !self.window.is_empty() {
            self.window.push_back(Slot { offset, done });
        }
        if done {
            Accepted::Finished
        } else {
            Accepted::New
        }
    }

    /// Marks an accepted offset as done.
    pub(crate) fn done(&mut self, offset: i64) {
        if let Some(at) = self.place_of(offset)
            && let Some(slot) = self.window.get_mut(at)
        {
            slot.done = true;
        }
        while self.window.front().is_some_and(|slot| slot.done) {
            self.window.pop_front();
        }
    }

    fn place_of(&self, offset: i64) -> Option<usize> {
        // Gaps are rare: it lies as far from the first as its offset does, or nearer.
        let first = self.window.front()?.offset;
        let most = usize::try_from(offset - first).ok()?;
        let is_there = |at: &usize| {
            self.window
                .get(*at)
                .is_some_and(|slot| slot.offset == offset)
        };
        Some(most).filter(is_there).or_else(|| {
            let at = self.window.partition_point(|slot| slot.offset < offset);
            Some(at).filter(is_there)
        })
    }

    /// The offset to commit: everything before it is done. `None` before anything was accepted.
    pub(crate) fn position(&self) -> Option<i64> {
        self.window.front().map(|slot| slot.offset).or(self.next)
    }

    /// What is done beyond the position.
    pub(crate) fn finished(&self) -> Finished {
        let Some(position) = self.position() else {
            return Finished::default();
        };
        let done = self.window.iter().filter(|slot| slot.done);
        Finished::of(position, done.map(|slot| slot.offset))
    }

    /// Offsets from the position on that were accepted.
    #[cfg(test)]
    pub(crate) fn open(&self) -> usize {
        self.window.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracker(offsets: &[i64]) -> Tracker {
        let mut tracker = Tracker::new(Finished::default());
        for offset in offsets {
            assert_eq!(tracker.accept(*offset), Accepted::New);
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
            assert_eq!(tracker.accept(offset), Accepted::Repeated);
        }
        assert_eq!(tracker.accept(8), Accepted::New);
    }

    #[test]
    fn what_an_earlier_owner_did_is_done() {
        let mut earlier = tracker(&[3, 4, 5, 6]);
        earlier.done(4);
        earlier.done(6);
        let mut tracker = Tracker::new(earlier.finished());
        let accepted: Vec<_> = (3..8).map(|offset| tracker.accept(offset)).collect();
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
    fn a_set_about_offsets_that_are_no_more_is_forgotten() {
        let mut tracker = Tracker::new(Finished::of(10, [11, 12].into_iter()));
        assert_eq!(tracker.accept(0), Accepted::New);
        assert_eq!(tracker.accept(11), Accepted::New);
    }
}
