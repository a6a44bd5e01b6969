//! Row ids that were passed because nothing was there: a row id is taken before the commit, so a row may
//! still appear there. They are looked at again, in the same snapshot as what comes next, until every
//! transaction that may have taken them has ended.

use super::runs::Run;

/// Which transactions have ended, as Postgres sees it at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Horizon {
    /// Every transaction before this one has ended.
    pub(super) oldest: i64,
    /// No transaction from this one on held a row id by then.
    pub(super) next: i64,
}

#[derive(Debug, Clone, Copy)]
struct Gap {
    run: Run,
    /// Every transaction that may have taken these ids comes before this one; unknown until the first
    /// horizon after the gap was seen.
    before: Option<i64>,
}

/// The open gaps, in the order of their ids.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    open: Vec<Gap>,
}

impl Gaps {
    pub(super) const fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn runs(&self) -> Vec<Run> {
        self.open.iter().map(|gap| gap.run).collect()
    }

    /// Where reading has to begin to find all of them again.
    pub(super) fn first(&self) -> Option<i64> {
        self.open.first().map(|gap| gap.run.first)
    }

    /// Nothing lies between these ids; the later one has been read.
    pub(super) fn note(&mut self, after: i64, before: i64) {
        if after + 1 < before {
            self.open.push(Gap {
                run: Run {
                    first: after + 1,
                    last: before - 1,
                },
                before: None,
            });
        }
    }

    /// Takes note of a horizon that is later than every gap so far.
    pub(super) fn bound(&mut self, horizon: Horizon) {
        for gap in &mut self.open {
            gap.before.get_or_insert(horizon.next);
        }
    }

    /// A row appeared in a gap, or was there all along.
    pub(super) fn fill(&mut self, id: i64) {
        let at = self.open.partition_point(|gap| gap.run.last < id);
        let Some(gap) = self.open.get_mut(at).filter(|gap| gap.run.first <= id) else {
            return;
        };
        let Gap { run, before } = *gap;
        let sides = [
            Run {
                first: run.first,
                last: id - 1,
            },
            Run {
                first: id + 1,
                last: run.last,
            },
        ];
        let left = sides
            .into_iter()
            .filter(|side| side.first <= side.last)
            .map(|run| Gap { run, before });
        self.open.splice(at..=at, left);
    }

    /// Forgets where nothing can appear any more: all of them were looked at after that horizon.
    pub(super) fn close(&mut self, horizon: Horizon) {
        self.open
            .retain(|gap| gap.before.is_none_or(|before| before > horizon.oldest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn horizon(oldest: i64, next: i64) -> Horizon {
        Horizon { oldest, next }
    }

    fn runs(gaps: &Gaps) -> Vec<(i64, i64)> {
        let runs = gaps.runs();
        runs.iter().map(|run| (run.first, run.last)).collect()
    }

    #[test]
    fn a_gap_closes_only_when_all_who_may_have_taken_it_have_ended() {
        let mut gaps = Gaps::default();
        gaps.note(4, 5);
        assert!(gaps.is_empty());
        gaps.note(5, 9);
        gaps.bound(horizon(100, 105));
        gaps.close(horizon(100, 105));
        assert_eq!(runs(&gaps), [(6, 8)], "104 may still hold one of them");
        gaps.bound(horizon(104, 110));
        gaps.close(horizon(104, 110));
        assert_eq!(runs(&gaps), [(6, 8)], "and so it may now");
        gaps.close(horizon(105, 110));
        assert!(gaps.is_empty());
    }

    #[test]
    fn a_row_that_appears_splits_its_gap() {
        let mut gaps = Gaps::default();
        gaps.note(0, 10);
        gaps.note(10, 12);
        gaps.fill(5);
        gaps.fill(10);
        gaps.fill(11);
        assert_eq!(runs(&gaps), [(1, 4), (6, 9)]);
        gaps.fill(1);
        gaps.fill(9);
        assert_eq!(runs(&gaps), [(2, 4), (6, 8)]);
        assert_eq!(gaps.first(), Some(2));
    }
}
