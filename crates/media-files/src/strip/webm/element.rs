//! The elements that `WebM` is made of: RFC 8794.

use std::io::{Read, Seek};

use crate::error::Error;
use crate::plan::Plan;
use crate::source::Source;

#[derive(Debug, Clone, Copy)]
pub(super) struct Element {
    pub(super) id: u32,
    pub(super) start: u64,
    /// Where its content begins.
    pub(super) content: u64,
    /// Unknown while a program writes without coming back: then it ends where another begins that cannot be in it.
    pub(super) end: Option<u64>,
}

impl Element {
    pub(super) fn next<R: Read + Seek>(source: &mut Source<R>, limit: u64) -> Result<Self, Error> {
        let start = source.at();
        let first = source.u8()?;
        let more = first.leading_zeros();
        if more > 3 {
            return Err(Error::Malformed("no element where one must be"));
        }
        let mut id = u32::from(first);
        for _ in 0..more {
            id = id << 8 | u32::from(source.u8()?);
        }
        let (length, bytes) = vint(source)?;
        let content = source.at();
        // All ones.
        let end = if length == (1 << (7 * bytes)) - 1 {
            None
        } else {
            Some(content + length)
        };
        if end.is_some_and(|end| end > limit) {
            return Err(if limit == source.end() {
                Error::Truncated
            } else {
                too_long()
            });
        }
        Ok(Self {
            id,
            start,
            content,
            end,
        })
    }

    /// Where it ends, for all that must know it.
    pub(super) fn ends(&self) -> Result<u64, Error> {
        self.end
            .ok_or(Error::Malformed("an element without a length"))
    }

    pub(super) fn keep(&self, plan: &mut Plan) -> Result<(), Error> {
        plan.keep(self.start, self.ends()? - self.start)
    }

    pub(super) fn keep_header(&self, plan: &mut Plan) -> Result<(), Error> {
        plan.keep(self.start, self.content - self.start)
    }

    /// Nothing of the same length, so that what is counted from the beginning stays right.
    pub(super) fn void(&self, plan: &mut Plan) -> Result<(), Error> {
        let length = self.ends()? - self.start;
        // Its own two bytes of header, or nine.
        if let Some(short) = length
            .checked_sub(2)
            .and_then(|short| u8::try_from(short).ok())
            .filter(|short| *short < 127)
        {
            plan.put(&[0xec, 0x80 | short])?;
            return plan.zeros(short.into());
        }
        let content = length - 9;
        plan.put(&[0xec])?;
        plan.put(&(content | 1 << 56).to_be_bytes())?;
        plan.zeros(content)
    }

    /// Looks at what is in it, one by one.
    pub(super) fn each<R: Read + Seek>(
        &self,
        source: &mut Source<R>,
        mut take: impl FnMut(&mut Source<R>, &Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let end = self.ends()?;
        source.seek(self.content)?;
        while source.at() < end {
            let child = Self::next(source, end)?;
            let next = child.ends()?;
            take(source, &child)?;
            source.seek(next)?;
        }
        Ok(())
    }

    pub(super) fn unsigned<R: Read + Seek>(&self, source: &mut Source<R>) -> Result<u64, Error> {
        source.seek(self.content)?;
        let bytes = source.vec(self.ends()? - self.content, 8)?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    pub(super) fn float<R: Read + Seek>(&self, source: &mut Source<R>) -> Result<f64, Error> {
        source.seek(self.content)?;
        match self.ends()? - self.content {
            0 => Ok(0.0),
            4 => Ok(f32::from_be_bytes(source.array()?).into()),
            8 => Ok(f64::from_be_bytes(source.array()?)),
            _ => Err(Error::Malformed("a number of another length")),
        }
    }
}

/// A number, and of how many bytes.
pub(super) fn vint<R: Read + Seek>(source: &mut Source<R>) -> Result<(u64, u32), Error> {
    let first = source.u8()?;
    let more = first.leading_zeros();
    if more > 7 {
        return Err(Error::Malformed("an element whose length is too long"));
    }
    let mut number = u64::from(first) & (0x7f >> more);
    for _ in 0..more {
        number = number << 8 | u64::from(source.u8()?);
    }
    Ok((number, more + 1))
}

const fn too_long() -> Error {
    Error::Malformed("an element that ends outside of the one it is in")
}
