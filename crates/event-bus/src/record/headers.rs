//! Where a record's headers are among its bytes.

use super::names::{HeaderNames, KNOWN, Known};
use super::{NameAndValue, push};

/// A table among a record's bytes: for each header four numbers, which are where its name is and how long,
/// and where its value is and how long. A name that is known is not stored.
#[derive(Debug, Clone, Default)]
pub(super) struct Headers {
    /// Where the table begins.
    table: u32,
    count: u32,
    /// Place in the table of the first header of each known name, plus one.
    known: [u8; KNOWN],
}

/// In the place of where a name is: how long it is says which of the known names it is.
const IS_KNOWN: u32 = u32::MAX;
/// In the place of a value's length: it has none.
const NO_VALUE: u32 = u32::MAX;
const NUMBER: usize = size_of::<u32>();

impl Headers {
    /// Bytes of a header's line in the table.
    pub(super) const ENTRY: usize = 4 * NUMBER;

    pub(super) fn iter<'a>(
        &self,
        bytes: &'a [u8],
        names: &'static HeaderNames,
    ) -> impl Iterator<Item = NameAndValue<'a>> + use<'a> {
        let table = bytes.get(self.table as usize..).unwrap_or_default();
        let entries = table.chunks_exact(Self::ENTRY).take(self.count as usize);
        entries.map(move |entry| {
            let name = match number(entry, 0) {
                IS_KNOWN => names.at(number(entry, 1) as usize),
                at => std::str::from_utf8(part(bytes, at, number(entry, 1))).unwrap_or_default(),
            };
            (name, value(bytes, entry))
        })
    }

    /// The value of the first header that is known by that. None: it must be looked for.
    pub(super) fn known<'a>(&self, bytes: &'a [u8], known: Known) -> Option<Option<&'a [u8]>> {
        let place = match self.known[known as usize] {
            0 if self.count > u8::MAX.into() => return None,
            0 => return Some(None),
            place => usize::from(place - 1),
        };
        let entry = bytes.get(self.table as usize + place * Self::ENTRY..)?;
        Some(value(bytes, entry))
    }
}

fn value<'a>(bytes: &'a [u8], entry: &[u8]) -> Option<&'a [u8]> {
    match number(entry, 3) {
        NO_VALUE => None,
        length => Some(part(bytes, number(entry, 2), length)),
    }
}

fn part(bytes: &[u8], at: u32, length: u32) -> &[u8] {
    let at = at as usize;
    bytes.get(at..at + length as usize).unwrap_or_default()
}

fn number(entry: &[u8], place: usize) -> u32 {
    let bytes = entry.get(place * NUMBER..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u32::from_ne_bytes(*bytes))
}

/// Writes headers behind a record's other bytes.
pub(super) struct Writer<'a> {
    bytes: &'a mut Vec<u8>,
    names: &'static HeaderNames,
    headers: Headers,
    /// How many the table has lines for.
    room: usize,
    /// The known name that would be next if the relay had written them.
    guess: usize,
}

impl<'a> Writer<'a> {
    /// With room for `count` headers; more are not written.
    pub(super) fn new(bytes: &'a mut Vec<u8>, names: &'static HeaderNames, count: usize) -> Self {
        let table = bytes.len();
        bytes.resize(table + count * Headers::ENTRY, 0);
        Self {
            bytes,
            names,
            headers: Headers {
                table: table as u32,
                ..Headers::default()
            },
            room: count,
            guess: 0,
        }
    }

    pub(super) fn push(&mut self, name: &str, value: Option<&[u8]>) {
        let place = self.headers.count as usize;
        if place >= self.room {
            return;
        }
        let (name_at, name_length) = match self.names.find(name, self.guess) {
            Some(known) => {
                self.guess = known + 1;
                if self.headers.known[known] == 0 {
                    self.headers.known[known] = u8::try_from(place + 1).unwrap_or_default();
                }
                (IS_KNOWN, known as u32)
            }
            None => range(self.bytes, name.as_bytes()),
        };
        let (value_at, value_length) =
            value.map_or((0, NO_VALUE), |value| range(self.bytes, value));
        let at = self.headers.table as usize + place * Headers::ENTRY;
        let Some(entry) = self.bytes.get_mut(at..at + Headers::ENTRY) else {
            return;
        };
        let numbers = [name_at, name_length, value_at, value_length];
        for (place, number) in entry.chunks_exact_mut(NUMBER).zip(numbers) {
            place.copy_from_slice(&number.to_ne_bytes());
        }
        self.headers.count += 1;
    }

    pub(super) const fn finish(self) -> Headers {
        self.headers
    }
}

fn range(bytes: &mut Vec<u8>, part: &[u8]) -> (u32, u32) {
    let at = push(bytes, part);
    (at.start, at.end - at.start)
}
