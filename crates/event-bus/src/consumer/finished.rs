//! What is done beyond a committed offset, as text in the commit's metadata.
//!
//! The broker keeps some 4 kB of metadata with each commit (`offset.metadata.max.bytes`). The set is written
//! in whichever of two forms is shorter, runs or bits; what does not fit is left out from its end, so that
//! the worst is that more is repeated.
//!
//! Before the set stands what its log is known by: a log that begins anew (a topic made again, a tail cut off)
//! has other records at the same offsets, of which nothing is done.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

use crate::record::Record;

/// Offsets that are done although one before them is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finished {
    /// Less than 0: none is committed.
    position: i64,
    known_by: KnownBy,
    /// Ascending, neither touching nor overlapping: first offset, and the one after the last.
    ranges: Vec<(i64, i64)>,
}

/// What tells the records of a set from others at the same offsets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct KnownBy {
    /// The mark of the record at the position.
    pub(crate) mark: u32,
    /// No record of the set, nor any between, was written later: milliseconds since 1970.
    pub(crate) latest: i64,
}

/// A record that arrives, as far as the place of it in its log goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) offset: i64,
    /// When it was written, in milliseconds since 1970.
    pub(crate) written: i64,
    /// A few of its bytes, mixed: two records at one offset that have the same are the same.
    pub(crate) mark: u32,
}

/// A set as text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) text: String,
    /// Nothing of it was left out.
    pub(crate) is_whole: bool,
}

/// Bytes of metadata that a broker takes unless it is told otherwise.
pub(crate) const LIMIT: usize = 4_096;
const RUNS: &str = "nova2r:";
const BITS: &str = "nova2b:";
/// Bits written at most; a set that reaches further is written as runs.
const MOST_BITS: i64 = 8 * LIMIT as i64;
/// Spreads the bits of what is mixed (2^64 divided by the golden ratio).
const MIXER: u64 = 0x9e37_79b9_7f4a_7c15;

impl Arrival {
    pub(crate) fn of(record: &Record) -> Self {
        let payload = record.payload().unwrap_or_default();
        let key = record.key().map_or(0, <[u8]>::len);
        let ends = match (payload.first_chunk(), payload.last_chunk()) {
            (Some(first), Some(last)) => [first, last].map(|end| u64::from_le_bytes(*end)),
            _ => [
                payload
                    .iter()
                    .fold(0, |word, byte| word << 8 | u64::from(*byte)),
                0,
            ],
        };
        let mut mixed = record.timestamp as u64;
        for part in [payload.len() as u64, key as u64, ends[0], ends[1]] {
            mixed = (mixed ^ part).wrapping_mul(MIXER);
            mixed ^= mixed >> 32;
        }
        Self {
            offset: record.offset(),
            written: record.timestamp,
            mark: mixed as u32,
        }
    }
}

impl Default for Finished {
    fn default() -> Self {
        Self::nothing(-1)
    }
}

/// Reads ranges of offsets, first and the one after the last, from a position on.
type Reader = fn(i64, &[u8]) -> Vec<(i64, i64)>;

impl Finished {
    /// Nothing but what is before the position.
    pub(crate) const fn nothing(position: i64) -> Self {
        Self {
            position,
            known_by: KnownBy { mark: 0, latest: 0 },
            ranges: Vec::new(),
        }
    }

    /// Ranges, ascending and apart, of a partition that is committed at `position`.
    pub(crate) const fn of(position: i64, known_by: KnownBy, ranges: Vec<(i64, i64)>) -> Self {
        Self {
            position,
            known_by,
            ranges,
        }
    }

    /// The committed offset that the set belongs to, if any is committed.
    pub(crate) fn position(&self) -> Option<i64> {
        (self.position >= 0).then_some(self.position)
    }

    /// Whether the set is about the log of which this is the first record that is given.
    pub(crate) fn begins_with(&self, first: Arrival) -> bool {
        first.offset == self.position && first.mark == self.known_by.mark
    }

    /// When the last of its records was written, and of those between.
    pub(crate) const fn latest(&self) -> i64 {
        self.known_by.latest
    }

    /// What of the set is not before this offset.
    pub(crate) fn from(&self, offset: i64) -> impl Iterator<Item = (i64, i64)> {
        let later = self.ranges.iter().filter(move |(_, end)| *end > offset);
        later.map(move |(start, end)| (*start.max(&offset), *end))
    }

    pub(crate) fn contains(&self, offset: i64) -> bool {
        let after = self.ranges.partition_point(|(start, _)| *start <= offset);
        after
            .checked_sub(1)
            .and_then(|at| self.ranges.get(at))
            .is_some_and(|(_, end)| offset < *end)
    }

    /// The set as text of at most `limit` bytes: empty when there is nothing to say.
    pub(crate) fn encode(&self, limit: usize) -> Written {
        if self.ranges.is_empty() {
            return Written {
                text: String::new(),
                is_whole: true,
            };
        }
        let mut known_by = self.known_by.mark.to_le_bytes().to_vec();
        push_varint(&mut known_by, self.known_by.latest.max(0).unsigned_abs());
        let room = limit.saturating_sub(RUNS.len()) / 4 * 3;
        let Some(room) = room.checked_sub(known_by.len()) else {
            return Written {
                text: String::new(),
                is_whole: false,
            };
        };
        let (runs, is_whole) = self.runs(room);
        let (form, set, is_whole) = match self.bits(room) {
            Some(bits) if !is_whole || bits.len() < runs.len() => (BITS, bits, true),
            _ => (RUNS, runs, is_whole),
        };
        let bytes = [known_by, set].concat();
        Written {
            text: format!("{form}{}", BASE64.encode(bytes)),
            is_whole,
        }
    }

    /// Reads what [`Self::encode`] wrote; anything else is an empty set.
    pub(crate) fn decode(position: i64, text: &str) -> Self {
        let (text, read): (_, Reader) = if let Some(runs) = text.strip_prefix(RUNS) {
            (runs, read_runs)
        } else if let Some(bits) = text.strip_prefix(BITS) {
            (bits, read_bits)
        } else {
            return Self::nothing(position);
        };
        let bytes = BASE64.decode(text).unwrap_or_default();
        let Some((mark, rest)) = bytes.split_first_chunk() else {
            return Self::nothing(position);
        };
        let mut set = rest.iter().copied();
        let Some(latest) = read_varint(&mut set) else {
            return Self::nothing(position);
        };
        let mark = u32::from_le_bytes(*mark);
        let known_by = KnownBy { mark, latest };
        Self::of(
            position,
            known_by,
            read(
                position,
                rest.get(rest.len() - set.len()..).unwrap_or_default(),
            ),
        )
    }

    /// How many are not done and how many are, in turns, as varints.
    /// As many as fit, and whether those are all.
    fn runs(&self, room: usize) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        let mut at = self.position;
        for (start, end) in &self.ranges {
            let before = bytes.len();
            push_varint(&mut bytes, start.abs_diff(at));
            push_varint(&mut bytes, end.abs_diff(*start));
            if bytes.len() > room {
                bytes.truncate(before);
                return (bytes, false);
            }
            at = *end;
        }
        (bytes, true)
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
        // Cut to what fits, this form might say less than runs do.
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

fn read_bits(position: i64, bytes: &[u8]) -> Vec<(i64, i64)> {
    let is_set = |at: &usize| {
        bytes
            .get(at / 8)
            .is_some_and(|byte| byte & (1 << (at % 8)) != 0)
    };
    let offsets = (0..bytes.len() * 8)
        .filter(is_set)
        .map(|at| position.saturating_add(at as i64));
    joined(offsets)
}

/// Offsets, ascending, as ranges.
fn joined(offsets: impl Iterator<Item = i64>) -> Vec<(i64, i64)> {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for offset in offsets {
        match ranges.last_mut() {
            Some((_, end)) if *end == offset => *end += 1,
            _ => ranges.push((offset, offset.saturating_add(1))),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KNOWN_BY: KnownBy = KnownBy {
        mark: 0xfeed_beef,
        latest: 1_790_000_000_000,
    };

    fn set(position: i64, offsets: impl Iterator<Item = i64>) -> Finished {
        Finished::of(position, KNOWN_BY, joined(offsets))
    }

    #[test]
    fn nothing_beyond_says_nothing() {
        let nothing = set(5, std::iter::empty()).encode(LIMIT);
        assert_eq!((&*nothing.text, nothing.is_whole), ("", true));
    }

    #[test]
    fn a_set_is_believed_of_the_record_that_it_was_written_beside() {
        let read = Finished::decode(5, &set(5, [7].into_iter()).encode(LIMIT).text);
        let first = Arrival {
            offset: 5,
            written: 0,
            mark: KNOWN_BY.mark,
        };
        assert!(read.begins_with(first));
        assert!(!read.begins_with(Arrival { offset: 4, ..first }));
        assert!(!read.begins_with(Arrival { mark: 1, ..first }));
        assert_eq!(read.latest(), KNOWN_BY.latest);
    }

    #[test]
    fn records_of_other_times_or_contents_have_other_marks() {
        let marks = [
            (1, "a"),
            (2, "a"),
            (1, "b"),
            (1, "aa"),
            (1, "a long one"),
            (1, "a long on"),
        ];
        let marks = marks.map(|(time, payload)| {
            let record = Record::of_parts(&[], Some(payload.as_bytes()));
            Arrival::of(&record.written_at(time)).mark
        });
        let different: std::collections::HashSet<u32> = marks.into_iter().collect();
        assert_eq!(different.len(), marks.len());
    }

    #[test]
    fn other_peoples_metadata_is_no_set() {
        for text in [
            "",
            "hello",
            "nova2r:***",
            "nova2b:",
            "nova2r://///////////w",
            // What was written before sets said of which log they are.
            "nova1r:AQE",
            "nova1b:Ag",
        ] {
            assert_eq!(Finished::decode(5, text).ranges, [], "{text}");
        }
    }

    #[test]
    fn a_set_too_large_keeps_its_beginning() {
        // Far apart, so that runs are the shorter form, and too many for the limit.
        let finished = set(0, (1..10_000).map(|at| at * 1_000));
        let Written { text, is_whole } = finished.encode(LIMIT);
        assert!(!is_whole);
        assert!(text.len() <= LIMIT, "{}", text.len());
        let read = Finished::decode(0, &text);
        assert!(read.ranges.len() > 500, "{}", read.ranges.len());
        assert_eq!(read.ranges, finished.ranges[..read.ranges.len()]);
    }

    #[test]
    fn every_second_of_many_is_written_as_bits() {
        let finished = set(100, (0..5_000).map(|at| 101 + at * 2));
        let Written { text, is_whole } = finished.encode(LIMIT);
        assert!(is_whole);
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
            let finished = set(position, offsets.iter().copied());
            let Written { text, is_whole } = finished.encode(LIMIT);
            prop_assert!(is_whole && text.len() <= LIMIT);
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
            let Written { text, is_whole } = set(0, offsets.iter().copied()).encode(limit);
            prop_assert!(text.len() <= limit.max(RUNS.len()));
            let read = Finished::decode(0, &text);
            for offset in 0..=at + 1 {
                prop_assert!(!read.contains(offset) || offsets.contains(&offset));
                prop_assert!(!is_whole || read.contains(offset) == offsets.contains(&offset));
            }
        }
    }
}
