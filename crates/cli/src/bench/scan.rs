//! Frames of a stream of server-sent events (WHATWG HTML, section 9.2.6), told apart by looking for line ends.

use memchr::{memchr, memmem};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What is wanted of frames beside their number.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// What stands before a time in `data`: `"sent_at":`.
    pub(super) before_time: Option<memmem::Finder<'static>>,
    /// Whether the last id is kept.
    pub(super) ids: bool,
    /// A line with which a stream has begun; none for the first frame with data.
    pub(super) begins: Option<String>,
}

impl Wanted {
    pub(super) fn new(time_field: Option<&str>, ids: bool, begins: Option<String>) -> Self {
        let before = time_field.map(|field| format!("\"{field}\":"));
        Self {
            before_time: before.map(|text| memmem::Finder::new(text.as_bytes()).into_owned()),
            ids,
            begins,
        }
    }
}

/// Where a stream is.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Whether something of the line has come.
    in_line: bool,
    /// Whether it is a line with an id, which is kept.
    in_id: bool,
    has_data: bool,
    /// Whether the line has come with which it begins, if it is looked for.
    pub(super) has_begun: bool,
    /// The last id that was whole, if ids are kept.
    pub(super) id: Vec<u8>,
    next_id: Vec<u8>,
}

impl Scan {
    /// Reads on: how many frames with data have ended in these bytes. If it is timed, `timed` is handed the send time of each that says one,
    /// in nanoseconds since the Unix epoch; one whose line does not come at once is left out.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        wanted: &Wanted,
        is_timed: bool,
        mut timed: impl FnMut(i128),
    ) -> u64 {
        let mut frames = 0;
        let mut rest = bytes;
        loop {
            if !self.in_line {
                match rest.first() {
                    None => return frames,
                    Some(b'\n' | b'\r') => {
                        frames += u64::from(self.end_frame());
                        rest = rest.get(1..).unwrap_or_default();
                        continue;
                    }
                    Some(b'd') => self.has_data = true,
                    Some(b'i') if wanted.ids => {
                        self.next_id.clear();
                        self.in_id = true;
                    }
                    Some(_) => {}
                }
            }
            let end = memchr(b'\n', rest);
            let (line, after) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
            if !self.has_begun
                && let Some(begins) = &wanted.begins
            {
                self.has_begun = line.starts_with(begins.as_bytes());
            }
            if self.in_id {
                self.next_id.extend_from_slice(line);
            } else if is_timed
                && !self.in_line
                && end.is_some()
                && line.first() == Some(&b'd')
                && let Some(before) = &wanted.before_time
                && let Some(at) = before.find(line)
            {
                line.get(at + before.needle().len()..)
                    .and_then(time_of)
                    .into_iter()
                    .for_each(&mut timed);
            }
            self.in_line = end.is_none();
            self.in_id &= self.in_line;
            rest = after;
            if end.is_none() {
                return frames;
            }
        }
    }

    /// Whether the frame that has ended had data.
    fn end_frame(&mut self) -> bool {
        if !self.next_id.is_empty() {
            std::mem::swap(&mut self.id, &mut self.next_id);
            self.next_id.clear();
        }
        std::mem::take(&mut self.has_data)
    }

    /// The last id as a header says it, if there was one.
    pub(super) fn last_id(&self) -> Option<&[u8]> {
        let id = self.id.strip_prefix(b"id:")?.trim_ascii();
        (!id.is_empty()).then_some(id)
    }
}

/// A time in JSON: RFC 3339, or a number of seconds, milliseconds, microseconds or nanoseconds since the Unix epoch, which its
/// digits tell apart until the year 2286.
fn time_of(json: &[u8]) -> Option<i128> {
    let json = json.trim_ascii_start();
    if let Some(text) = json.strip_prefix(b"\"") {
        let text = text.get(..memchr(b'"', text)?)?;
        if text.iter().any(|byte| !byte.is_ascii_digit()) {
            let text = std::str::from_utf8(text).ok()?;
            let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
            return Some(time.unix_timestamp_nanos());
        }
        return number(text);
    }
    number(json)
}

fn number(text: &[u8]) -> Option<i128> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number: i128 = std::str::from_utf8(text.get(..digits)?)
        .ok()?
        .parse()
        .ok()?;
    let unit = match digits {
        0..=10 => 1_000_000_000,
        11..=13 => 1_000_000,
        14..=16 => 1_000,
        _ => 1,
    };
    Some(number * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] =
        b"retry: 5\n\n:\n\nid: 1\nevent: a\ndata: {\"at\":1763686020123456}\n\nevent: b\r\ndata: x\r\nid: 22\r\n\r\n: c\n\n";

    #[test]
    fn frames_with_data_are_counted_however_they_are_cut() {
        let wanted = Wanted::new(Some("at"), true, Some("event: b".to_owned()));
        for size in 1..=STREAM.len() {
            let mut scan = Scan::default();
            let mut times = Vec::new();
            let frames: u64 = STREAM
                .chunks(size)
                .map(|bytes| scan.read(bytes, &wanted, true, |time| times.push(time)))
                .sum();
            assert_eq!(frames, 2, "{size}");
            assert_eq!(scan.last_id(), Some(b"22".as_slice()), "{size}");
            assert!(times.iter().all(|time| *time == 1_763_686_020_123_456_000));
        }
        let mut scan = Scan::default();
        let mut times = 0;
        scan.read(STREAM, &wanted, true, |_| times += 1);
        assert_eq!(times, 1);
        assert!(scan.has_begun);
        let without = Wanted::new(None, false, None);
        let mut scan = Scan::default();
        assert_eq!(scan.read(STREAM, &without, true, |_| unreachable!()), 2);
        assert_eq!(scan.last_id(), None);
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        let nanos = 1_763_686_020_123_456_789;
        for (text, time) in [
            ("1763686020123456789,", Some(nanos)),
            (" 1763686020123456}", Some(nanos / 1_000 * 1_000)),
            ("1763686020123", Some(nanos / 1_000_000 * 1_000_000)),
            (
                "\"1763686020\"",
                Some(nanos / 1_000_000_000 * 1_000_000_000),
            ),
            ("\"2025-11-21T00:47:00.123456789Z\"", Some(nanos)),
            ("\"yesterday\"", None),
            ("\"2025", None),
            ("null", None),
        ] {
            assert_eq!(time_of(text.as_bytes()), time, "{text}");
        }
    }
}
