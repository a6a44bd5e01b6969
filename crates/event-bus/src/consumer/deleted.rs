//! Whether records were deleted before they were handled: by retention, by a person, by a log that lost its head.
//!
//! Offsets that are passed over need not have held anything for us: compaction and transactions leave gaps as
//! well. What tells is the log's first offset: what is missing before it was deleted, what is missing behind it
//! was not. The client learns it with every fetch, so that it is known no later than the records after a gap.

use std::ops::Range;

/// Watches one partition's offsets, in the thread that polls.
#[derive(Debug, Default)]
pub(crate) struct Deleted {
    /// The offset that comes next, if no record is missing.
    expected: Option<i64>,
    /// Where the first gap began that was met since the last look.
    gap: Option<i64>,
    /// The same, of the look before: what that one knew of the log may have been older than the gap.
    gap_before: Option<i64>,
    /// Nothing had come since the look before, and the expected offset was no more in the log.
    is_missing: bool,
    /// Up to where the log had been read while all of it was there.
    read: i64,
}

impl Deleted {
    /// Of a partition whose consumer is committed at an offset, if it is at all.
    pub(crate) fn after(committed: Option<i64>) -> Self {
        Self {
            expected: committed,
            ..Self::default()
        }
    }

    /// A record comes.
    pub(crate) fn pass(&mut self, offset: i64) {
        match self.expected {
            Some(expected) if offset > expected && self.gap.is_none() => self.gap = Some(expected),
            _ => {}
        }
        self.is_missing = false;
        self.expected = Some(offset + 1);
    }

    /// The log begins at `first`; all that was read of it has come, and that was up to `read`, if it is known.
    /// Returns the offsets, if any, that were deleted before they came: not all of them need have held a record.
    pub(crate) fn look(&mut self, first: i64, read: Option<i64>) -> Option<Range<i64>> {
        let expected = self.expected?;
        let gaps = [self.gap_before.take(), self.gap.take()];
        let met = gaps.into_iter().flatten().min();
        self.gap_before = gaps[1];
        if let Some(start) = met.filter(|start| *start < first) {
            self.gap_before = None;
            return Some(start..first.min(expected));
        }
        if expected >= first {
            self.read = read.unwrap_or_default();
            return None;
        }
        // What is on its way will come although the log has it no more.
        read?;
        let had_nothing = self.read >= first;
        // Twice, for the log's first offset may be newer than what has come.
        let was_missing = std::mem::replace(&mut self.is_missing, true);
        if had_nothing || was_missing {
            self.is_missing = false;
            self.expected = Some(first);
        }
        (was_missing && !had_nothing).then_some(expected..first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(committed: Option<i64>, offsets: &[i64]) -> Deleted {
        let mut deleted = Deleted::after(committed);
        for offset in offsets {
            deleted.pass(*offset);
        }
        deleted
    }

    #[test]
    fn a_gap_before_the_log_begins_was_deleted() {
        let mut deleted = passed(Some(5), &[5, 6, 20]);
        assert_eq!(deleted.look(18, Some(0)), Some(7..18));
        // It is said once.
        assert_eq!(deleted.look(18, Some(0)), None);
        assert_eq!(passed(Some(5), &[20]).look(20, Some(0)), Some(5..20));
    }

    #[test]
    fn a_gap_is_looked_at_again_when_more_is_known_of_the_log() {
        let mut deleted = passed(Some(5), &[20, 30]);
        assert_eq!(deleted.look(0, Some(0)), None);
        assert_eq!(deleted.look(20, Some(0)), Some(5..20));
    }

    #[test]
    fn a_gap_that_compaction_left_is_none() {
        let mut deleted = passed(Some(5), &[8, 12]);
        for first in [0, 3, 9, 13] {
            assert_eq!(deleted.look(first, Some(0)), None, "{first}");
        }
    }

    #[test]
    fn who_has_committed_nothing_misses_nothing() {
        let mut deleted = passed(None, &[20, 21]);
        assert_eq!(deleted.look(20, Some(0)), None);
        assert_eq!(passed(None, &[]).look(20, Some(0)), None);
    }

    #[test]
    fn a_log_that_holds_nothing_more_has_lost_what_was_expected() {
        let mut deleted = passed(Some(5), &[]);
        assert_eq!(deleted.look(9, Some(0)), None);
        assert_eq!(deleted.look(9, Some(0)), Some(5..9));
        assert_eq!(deleted.look(9, Some(0)), None);
        deleted.pass(9);
        assert_eq!(deleted.look(9, Some(0)), None);
    }

    #[test]
    fn what_was_fetched_before_it_was_deleted_is_not_lost() {
        let mut deleted = passed(Some(5), &[5]);
        for _ in 0..3 {
            assert_eq!(deleted.look(9, None), None);
        }
        (6..10).for_each(|offset| deleted.pass(offset));
        assert_eq!(deleted.look(9, Some(0)), None);
    }

    #[test]
    fn what_was_read_and_held_nothing_is_not_lost() {
        let mut deleted = passed(Some(5), &[5]);
        // Behind the record was a marker of its transaction.
        assert_eq!(deleted.look(0, Some(7)), None);
        for _ in 0..3 {
            assert_eq!(deleted.look(7, Some(7)), None);
        }
    }

    #[test]
    fn a_log_that_begins_anew_has_no_gap() {
        let mut deleted = passed(Some(50), &[0, 1, 2]);
        assert_eq!(deleted.look(0, Some(0)), None);
    }
}
