//! Where samples that are kept lie.

use super::atom::Atom;
use crate::error::Error;
use crate::limits::Limits;
use crate::plan::Plan;

/// An end that is not known: of what ends where something else begins.
const OPEN: u64 = u64::MAX;

/// From and to.
pub(super) struct Ranges {
    ranges: Vec<(u64, u64)>,
    most: usize,
}

impl Ranges {
    pub(super) const fn new(limits: &Limits) -> Self {
        Self {
            ranges: Vec::new(),
            most: limits.parts,
        }
    }

    pub(super) fn add(&mut self, start: u64, length: u64) -> Result<(), Error> {
        if length == 0 {
            return Ok(());
        }
        let end = start
            .checked_add(length)
            .filter(|end| *end != OPEN)
            .ok_or(Error::Truncated)?;
        if let Some((_, before)) = self.ranges.last_mut()
            && *before == start
        {
            *before = end;
            return Ok(());
        }
        self.push((start, end))
    }

    pub(super) fn add_open(&mut self, start: u64) -> Result<(), Error> {
        self.push((start, OPEN))
    }

    /// What is open ends here, and nothing begins.
    pub(super) fn add_end(&mut self, at: u64) -> Result<(), Error> {
        self.push((at, at))
    }

    fn push(&mut self, range: (u64, u64)) -> Result<(), Error> {
        if self.ranges.len() >= self.most {
            return Err(Error::TooIntricate);
        }
        self.ranges.push(range);
        Ok(())
    }

    /// Ranges in order, which do not touch, and of which each lies in one of these atoms (in order too).
    pub(super) fn settle(mut self, media: &[Atom], end: u64) -> Result<Vec<(u64, u64)>, Error> {
        self.ranges.sort_unstable();
        let mut settled: Vec<(u64, u64)> = Vec::new();
        let mut media = media.iter().peekable();
        let mut after = 0;
        for index in 0..self.ranges.len() {
            let (start, to) = self.ranges[index];
            if start == to {
                continue;
            }
            while media.next_if(|atom| atom.end <= start).is_some() {}
            let Some(atom) = media.peek().filter(|atom| atom.content <= start) else {
                return Err(if start >= end {
                    Error::Truncated
                } else {
                    outside()
                });
            };
            let to = if to == OPEN {
                while self
                    .ranges
                    .get(after)
                    .is_some_and(|(next, _)| *next <= start)
                {
                    after += 1;
                }
                self.ranges
                    .get(after)
                    .map_or(atom.end, |(next, _)| atom.end.min(*next))
            } else {
                to
            };
            if to > atom.end {
                return Err(if to > end {
                    Error::Truncated
                } else {
                    outside()
                });
            }
            match settled.last_mut() {
                Some((_, before)) if *before >= start => *before = to.max(*before),
                _ => settled.push((start, to)),
            }
        }
        Ok(settled)
    }
}

const fn outside() -> Error {
    Error::Malformed("samples outside of the media")
}

/// Keeps what of an atom lies in these ranges, which are in order; the rest becomes zeros.
pub(super) fn keep(atom: &Atom, ranges: &[(u64, u64)], plan: &mut Plan) -> Result<(), Error> {
    plan.keep(atom.start, atom.content - atom.start)?;
    let first = ranges.partition_point(|(_, to)| *to <= atom.content);
    let mut at = atom.content;
    for (from, to) in &ranges[first..] {
        if *from >= atom.end {
            break;
        }
        plan.zeros(from - at)?;
        plan.keep(*from, to - from)?;
        at = *to;
    }
    plan.zeros(atom.end - at)
}
