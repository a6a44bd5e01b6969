//! A page of an OGG: RFC 3533 section 6.

use std::io::{Read, Seek};

use crate::error::Error;
use crate::plan::Plan;
use crate::source::Source;

const CONTINUED: u8 = 1;
const BEGINS: u8 = 2;
const ENDS: u8 = 4;

/// Granules of a page on which no packet ends.
const NO_GRANULE: u64 = u64::MAX;

/// The sum of RFC 3533 section 6, field 7: a byte at a time, as if followed by nothing.
const SUMS: [u32; 256] = {
    let mut sums = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut sum = (index as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 0x8000_0000 == 0 {
                sum << 1
            } else {
                sum << 1 ^ 0x04c1_1db7
            };
            bit += 1;
        }
        sums[index] = sum;
        index += 1;
    }
    sums
};

fn sum(of: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(of, |sum, byte| {
        let [high, ..] = sum.to_be_bytes();
        sum << 8 ^ SUMS[usize::from(high ^ byte)]
    })
}

/// The header of a page, and where its body is.
#[derive(Debug, Clone)]
pub(super) struct Page {
    flags: u8,
    pub(super) granule: u64,
    pub(super) serial: u32,
    number: u32,
    /// Lengths of what packets are cut into.
    pub(super) lacing: Vec<u8>,
    /// Where its body begins in the file.
    at: u64,
}

impl Page {
    /// The next page and its body, if there is one here.
    pub(super) fn next<R: Read + Seek>(
        source: &mut Source<R>,
        body: &mut Vec<u8>,
    ) -> Result<Option<Self>, Error> {
        if source.left() < 27 || source.array()? != *b"OggS" {
            return Ok(None);
        }
        let [version, flags] = source.array()?;
        let granule = u64::from_le_bytes(source.array()?);
        let serial = source.le32()?;
        let number = source.le32()?;
        let checksum = source.le32()?;
        let segments = source.u8()?;
        let lacing = source.vec(segments.into(), 255)?;
        let length: usize = lacing.iter().copied().map(usize::from).sum();
        let page = Self {
            flags,
            granule,
            serial,
            number,
            lacing,
            at: source.at(),
        };
        body.resize(length, 0);
        source.fill(body)?;
        if version != 0 || page.sum(body) != checksum {
            return Err(Error::Malformed("an OGG page with a wrong sum"));
        }
        Ok(Some(page))
    }

    /// A page of headers.
    pub(super) const fn of_headers(
        serial: u32,
        number: u32,
        lacing: Vec<u8>,
        continued: bool,
    ) -> Self {
        Self {
            flags: if continued { CONTINUED } else { 0 },
            // On which no packet ends, if it is full of one.
            granule: 0,
            serial,
            number,
            lacing,
            at: 0,
        }
    }

    pub(super) const fn begins(&self) -> bool {
        self.flags & BEGINS != 0
    }

    pub(super) const fn ends(&self) -> bool {
        self.flags & ENDS != 0
    }

    pub(super) const fn is_continued(&self) -> bool {
        self.flags & CONTINUED != 0
    }

    /// The samples up to here, if a packet ends here.
    pub(super) fn samples(&self) -> Option<u64> {
        (self.granule != NO_GRANULE).then_some(self.granule)
    }

    fn header(&self, checksum: u32) -> Vec<u8> {
        let mut header = Vec::with_capacity(27 + self.lacing.len());
        header.extend(b"OggS\0");
        header.push(self.flags);
        header.extend(self.granule.to_le_bytes());
        header.extend(self.serial.to_le_bytes());
        header.extend(self.number.to_le_bytes());
        header.extend(checksum.to_le_bytes());
        // At most 255: it was one byte, or is counted where the page is made.
        header.push(u8::try_from(self.lacing.len()).unwrap_or(u8::MAX));
        header.extend(&self.lacing);
        header
    }

    fn sum(&self, body: &[u8]) -> u32 {
        sum(sum(0, &self.header(0)), body)
    }

    /// Keeps the page, under another number if need be.
    pub(super) fn keep(mut self, number: u32, body: &[u8], plan: &mut Plan) -> Result<(), Error> {
        let length = body.len() as u64;
        if self.number == number {
            let header = 27 + self.lacing.len() as u64;
            return plan.keep(self.at - header, header + length);
        }
        self.number = number;
        plan.put(&self.header(self.sum(body)))?;
        plan.keep(self.at, length)
    }

    /// Writes a page that is not of the file.
    pub(super) fn put(&self, body: &[u8], plan: &mut Plan) -> Result<(), Error> {
        plan.put(&self.header(self.sum(body)))?;
        plan.put(body)
    }
}
