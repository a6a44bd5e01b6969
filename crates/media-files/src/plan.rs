//! Of which parts the stripped file is put together.
//!
//! A file is first walked through, which finds whatever is wrong with it, and then copied by the plan: what is refused
//! has written nothing, and how large the result becomes is known before.

use std::io::{Read, Seek, Write};

use crate::error::Error;
use crate::limits::Limits;
use crate::source::Source;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// So many bytes of the file, from there on.
    Kept {
        from: u64,
        length: u64,
    },
    /// So many bytes of those that were written anew, in their order.
    Rewritten {
        length: u64,
    },
    Zeros {
        length: u64,
    },
}

/// The parts, in order.
#[derive(Debug)]
pub(crate) struct Plan {
    parts: Vec<Part>,
    rewritten: Vec<u8>,
    length: u64,
    most_parts: usize,
    most_rewritten: usize,
}

impl Plan {
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self {
            parts: Vec::new(),
            rewritten: Vec::new(),
            length: 0,
            most_parts: limits.parts,
            most_rewritten: limits.rewritten_bytes,
        }
    }

    /// How many bytes will be written.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// Keeps bytes of the file.
    pub(crate) fn keep(&mut self, from: u64, length: u64) -> Result<(), Error> {
        if length == 0 {
            return Ok(());
        }
        if let Some(Part::Kept {
            from: before,
            length: kept,
        }) = self.parts.last_mut()
            && *before + *kept == from
        {
            *kept += length;
            self.length += length;
            return Ok(());
        }
        self.add(Part::Kept { from, length }, length)
    }

    /// Writes these bytes instead of any of the file.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.rewritten.len() + bytes.len() > self.most_rewritten {
            return Err(Error::TooIntricate);
        }
        self.rewritten.extend_from_slice(bytes);
        let added = bytes.len() as u64;
        if let Some(Part::Rewritten { length }) = self.parts.last_mut() {
            *length += added;
            self.length += added;
            return Ok(());
        }
        self.add(Part::Rewritten { length: added }, added)
    }

    /// Writes zeros.
    pub(crate) fn zeros(&mut self, added: u64) -> Result<(), Error> {
        if added == 0 {
            return Ok(());
        }
        if let Some(Part::Zeros { length }) = self.parts.last_mut() {
            *length += added;
            self.length += added;
            return Ok(());
        }
        self.add(Part::Zeros { length: added }, added)
    }

    fn add(&mut self, part: Part, length: u64) -> Result<(), Error> {
        if self.parts.len() >= self.most_parts {
            return Err(Error::TooIntricate);
        }
        self.parts.push(part);
        self.length += length;
        Ok(())
    }

    /// Copies what the plan says.
    pub(crate) fn write<R: Read + Seek>(
        &self,
        source: &mut Source<R>,
        out: &mut impl Write,
    ) -> Result<(), Error> {
        const ZEROS: [u8; 4096] = [0; 4096];
        let mut rewritten = self.rewritten.as_slice();
        for part in &self.parts {
            match *part {
                Part::Kept { from, length } => {
                    source.seek(from)?;
                    source.copy(length, out)?;
                }
                Part::Rewritten { length } => {
                    let length = usize::try_from(length)
                        .unwrap_or(usize::MAX)
                        .min(rewritten.len());
                    let (now, later) = rewritten.split_at(length);
                    out.write_all(now).map_err(Error::Write)?;
                    rewritten = later;
                }
                Part::Zeros { mut length } => {
                    while length > 0 {
                        let now = usize::try_from(length)
                            .unwrap_or(usize::MAX)
                            .min(ZEROS.len());
                        out.write_all(&ZEROS[..now]).map_err(Error::Write)?;
                        length -= now as u64;
                    }
                }
            }
        }
        out.flush().map_err(Error::Write)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn parts_come_in_order_and_neighbours_become_one() {
        let mut source = Source::new(Cursor::new(b"0123456789".to_vec())).unwrap();
        let mut plan = Plan::new(&Limits::default());
        plan.keep(0, 2).unwrap();
        plan.keep(2, 1).unwrap();
        plan.put(b"a").unwrap();
        plan.put(b"b").unwrap();
        plan.zeros(5000).unwrap();
        plan.zeros(1).unwrap();
        plan.keep(9, 1).unwrap();
        plan.put(b"c").unwrap();
        assert_eq!(plan.parts.len(), 5);
        let mut out = Vec::new();
        plan.write(&mut source, &mut out).unwrap();
        assert_eq!(out.len() as u64, plan.length());
        assert_eq!(out, [b"012ab".as_slice(), &[0; 5001], b"9c"].concat());
    }

    #[test]
    fn a_plan_has_an_end() {
        let limits = Limits {
            parts: 2,
            rewritten_bytes: 3,
            ..Limits::default()
        };
        let mut plan = Plan::new(&limits);
        plan.put(b"abc").unwrap();
        assert!(matches!(plan.put(b"d"), Err(Error::TooIntricate)));
        plan.keep(5, 1).unwrap();
        assert!(matches!(plan.keep(0, 1), Err(Error::TooIntricate)));
    }
}
