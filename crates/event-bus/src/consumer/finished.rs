//! What is done beyond a committed offset, as text in the commit's metadata.
//!
//! The broker keeps some 4 kB of metadata with each commit (`offset.metadata.max.bytes`). The set is written
//! in whichever of two forms is shorter, runs or bits; what does not fit is left out from its end, so that
//! the worst is that more is repeated.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

/// Offsets that are done although one before them is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Finished {
    position: i64,
    /// Ascending, neither touching nor overlapping: first offset, and the one after the last.
    ranges: Vec<(i64, i64)>,
}

/// Bytes of metadata that a broker takes unless it is told otherwise.
pub(crate) const LIMIT: usize = 4_096;
const RUNS: &str = "nova1r:";
const BITS: &str = "nova1b:";
/// Bits written at most; a set that reaches further is written as runs.
const MOST_BITS: i64 = 8 * LIMIT as i64;

impl Finished {
    /// The given offsets, ascending, of a partition that is committed at `position`.
    pub(crate) fn of(position: i64, offsets: impl Iterator<Item = i64>) -> Self {
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        for offset in offsets {
            match ranges.last_mut() {
                Some((_, end)) if *end == offset => *end += 1,
                _ => ranges.push((offset, offset + 1)),
            }
        }
        Self { position, ranges }
    }

    /// The committed offset that the set belongs to.
    pub(crate) const fn position(&self) -> i64 {
        self.position
    }

    pub(crate) fn contains(&self, offset: i64) -> bool {
        let after = self.ranges.partition_point(|(start, _)| *start <= offset);
        after
            .checked_sub(1)
            .and_then(|at| self.ranges.get(at))
            .is_some_and(|(_, end)| offset < *end)
    }

    /// The set as text of at most `limit` bytes: empty when there is nothing to say.
    pub(crate) fn encode(&self, limit: usize) -> String {
        if self.ranges.is_empty() {
            return String::new();
        }
        let room = limit.saturating_sub(RUNS.len()) / 4 * 3;
        let runs = self.runs(room);
        match self.bits(room) {
            Some(bits) if bits.len() < runs.len() => format!("{BITS}{}", BASE64.encode(bits)),
            _ => format!("{RUNS}{}", BASE64.encode(runs)),
        }
    }

    /// Reads what [`Self::encode`] wrote; anything else is an empty set.
    pub(crate) fn decode(position: i64, text: &str) -> Self {
        let ranges = if let Some(runs) = text.strip_prefix(RUNS) {
            read_runs(position, &BASE64.decode(runs).unwrap_or_default())
        } else if let Some(bits) = text.strip_prefix(BITS) {
            return read_bits(position, &BASE64.decode(bits).unwrap_or_default());
        } else {
            Vec::new()
        };
        Self { position, ranges }
    }

    /// How many are not done and how many are, in turns, as varints.
    fn runs(&self, room: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut at = self.position;
        for (start, end) in &self.ranges {
            let before = bytes.len();
            push_varint(&mut bytes, start.abs_diff(at));
            push_varint(&mut bytes, end.abs_diff(*start));
            if bytes.len() > room {
                bytes.truncate(before);
                break;
            }
            at = *end;
        }
        bytes
    }

    /// One bit per offset, lowest first; `None` when it reaches too far.
    fn bits(&self, room: usize) -> Option<Vec<u8>> {
        let length = self.ranges.last()?.1 - self.position;
        if length > MOST_BITS {
            return None;
        }
        let mut bytes = vec![0_u8; usize::try_from(length).ok()?.div_ceil(8)];
        for (start, end) in &self.ranges {
            for offset in *start..*end {
                let at = usize::try_from(offset - self.position).ok()?;
                *bytes.get_mut(at / 8)? |= 1 << (at % 8);
            }
        }
        // Cut to what fits, this form says less than runs might: they decide by length before the cut.
        (bytes.len() <= room).then_some(bytes)
    }
}

fn push_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_varint(bytes: &mut impl Iterator<Item = u8>) -> Option<i64> {
    let mut number = 0_u64;
    for shift in (0..63).step_by(7) {
        let byte = bytes.next()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return i64::try_from(number).ok();
        }
    }
    None
}

fn read_runs(position: i64, bytes: &[u8]) -> Vec<(i64, i64)> {
    let mut bytes = bytes.iter().copied();
    let mut ranges = Vec::new();
    let mut at = position;
    while let Some(gap) = read_varint(&mut bytes) {
        let Some(length) = read_varint(&mut bytes) else {
            break;
        };
        let range = at
            .checked_add(gap)
            .and_then(|start| Some((start, start.checked_add(length)?)));
        let Some((start, end)) = range else { break };
        ranges.push((start, end));
        at = end;
    }
    ranges
}

fn read_bits(position: i64, bytes: &[u8]) -> Finished {
    let is_set = |at: &usize| {
        bytes
            .get(at / 8)
            .is_some_and(|byte| byte & (1 << (at % 8)) != 0)
    };
    let offsets = (0..bytes.len() * 8)
        .filter(is_set)
        .map(|at| position.saturating_add(at as i64));
    Finished::of(position, offsets)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_beyond_says_nothing() {
        assert_eq!(Finished::of(5, std::iter::empty()).encode(LIMIT), "");
    }

    #[test]
    fn other_peoples_metadata_is_no_set() {
        for text in [
            "",
            "hello",
            "nova1r:***",
            "nova1b:",
            "nova1r://///////////w",
        ] {
            assert_eq!(Finished::decode(5, text).ranges, [], "{text}");
        }
    }

    #[test]
    fn a_set_too_large_keeps_its_beginning() {
        // Far apart, so that runs are the shorter form, and too many for the limit.
        let finished = Finished::of(0, (1..10_000).map(|at| at * 1_000));
        let text = finished.encode(LIMIT);
        assert!(text.len() <= LIMIT, "{}", text.len());
        let read = Finished::decode(0, &text);
        assert!(read.ranges.len() > 500, "{}", read.ranges.len());
        assert_eq!(read.ranges, finished.ranges[..read.ranges.len()]);
    }

    #[test]
    fn every_second_of_many_is_written_as_bits() {
        let finished = Finished::of(100, (0..5_000).map(|at| 101 + at * 2));
        let text = finished.encode(LIMIT);
        assert!(text.starts_with(BITS), "{text}");
        assert_eq!(Finished::decode(100, &text), finished);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            position in 0_i64..1_000_000,
            steps in prop::collection::vec(1_i64..200, 0..300),
        ) {
            let mut at = position;
            let offsets: Vec<i64> = steps.iter().map(|step| { at += step; at }).collect();
            let finished = Finished::of(position, offsets.iter().copied());
            let text = finished.encode(LIMIT);
            prop_assert!(text.len() <= LIMIT);
            let read = Finished::decode(position, &text);
            for offset in position..=at + 1 {
                prop_assert_eq!(read.contains(offset), offsets.contains(&offset));
            }
        }

        #[test]
        fn whatever_is_cut_off_nothing_is_invented(
            steps in prop::collection::vec(1_i64..200, 0..300),
            limit in 0_usize..200,
        ) {
            let mut at = 0;
            let offsets: Vec<i64> = steps.iter().map(|step| { at += step; at }).collect();
            let text = Finished::of(0, offsets.iter().copied()).encode(limit);
            prop_assert!(text.len() <= limit.max(RUNS.len()));
            let read = Finished::decode(0, &text);
            for offset in 0..=at + 1 {
                prop_assert!(!read.contains(offset) || offsets.contains(&offset));
            }
        }
    }
}
