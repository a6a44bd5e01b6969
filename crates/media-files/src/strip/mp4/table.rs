//! A table of numbers in the file, of which a part is in memory.

use std::io::{Read, Seek};

use super::atom::Atom;
use crate::error::Error;
use crate::source::Source;

/// Entries that are read at once.
const WINDOW: u64 = 2048;

#[derive(Debug, Clone)]
pub(super) struct Table {
    at: u64,
    pub(super) count: u64,
    /// Bytes of an entry.
    width: u64,
    window: Vec<u8>,
    first: u64,
}

impl Table {
    /// A table that begins here; its content must be within the atom.
    pub(super) fn here<R: Read + Seek>(
        source: &Source<R>,
        atom: &Atom,
        count: u32,
        width: u64,
    ) -> Result<Self, Error> {
        let count = u64::from(count);
        if source.at() + count * width > atom.end {
            return Err(Error::Malformed("a table longer than its atom"));
        }
        Ok(Self {
            at: source.at(),
            count,
            width,
            window: Vec::new(),
            first: 0,
        })
    }

    /// A number of an entry, that begins so many bytes in it and has so many.
    pub(super) fn number<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        index: u64,
        offset: usize,
        bytes: usize,
    ) -> Result<u64, Error> {
        let end = Error::Malformed("a table that ends too early");
        if index >= self.count {
            return Err(end);
        }
        let loaded = self.window.len() as u64 / self.width;
        if index < self.first || index - self.first >= loaded {
            self.first = index;
            source.seek(self.at + index * self.width)?;
            let entries = WINDOW.min(self.count - index);
            self.window = source.vec(entries * self.width, 1 << 20)?;
        }
        let start = usize::try_from((index - self.first) * self.width).unwrap_or(usize::MAX);
        let entry = self
            .window
            .get(start..)
            .and_then(|entry| entry.get(offset..offset + bytes))
            .ok_or(end)?;
        Ok(entry
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}
