//! The boxes, or atoms, that MP4 and MOV are made of: ISO 14496-12 section 4.2.

use std::io::{Read, Seek};

use crate::error::Error;
use crate::plan::Plan;
use crate::source::Source;

#[derive(Debug, Clone, Copy)]
pub(super) struct Atom {
    pub(super) kind: [u8; 4],
    pub(super) start: u64,
    /// Where its content begins.
    pub(super) content: u64,
    pub(super) end: u64,
}

impl Atom {
    /// What the next header claims: an atom may end beyond the file.
    pub(super) fn claimed<R: Read + Seek>(
        source: &mut Source<R>,
        limit: u64,
    ) -> Result<Self, Error> {
        let start = source.at();
        let short = source.be32()?;
        let kind = source.array()?;
        let length = match short {
            0 => limit.saturating_sub(start),
            1 => source.be64()?,
            short => short.into(),
        };
        let content = source.at();
        let end = start.checked_add(length).ok_or(Error::Truncated)?;
        if end < content {
            return Err(Error::Malformed("an atom shorter than its header"));
        }
        Ok(Self {
            kind,
            start,
            content,
            end,
        })
    }

    pub(super) const fn length(&self) -> u64 {
        self.end - self.content
    }

    /// Looks at what is in it, one by one.
    pub(super) fn each<R: Read + Seek>(
        &self,
        source: &mut Source<R>,
        mut take: impl FnMut(&mut Source<R>, &Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut at = self.content;
        // QuickTime ends some lists with four zeros.
        while self.end - at >= 8 {
            source.seek(at)?;
            let child = Self::claimed(source, self.end)?;
            if child.end > self.end {
                return Err(Error::Malformed(
                    "an atom that ends outside of the one it is in",
                ));
            }
            take(source, &child)?;
            // What was read behind it is another's, and may not be there once that is stripped.
            if source.at() > child.end {
                return Err(Error::Malformed("an atom that is too short"));
            }
            at = child.end;
        }
        Ok(())
    }

    /// Keeps header and content.
    pub(super) fn keep(&self, plan: &mut Plan) -> Result<(), Error> {
        plan.keep(self.start, self.end - self.start)
    }

    /// Keeps the header and what `take` keeps of what is in it.
    pub(super) fn keep_some<R: Read + Seek>(
        &self,
        source: &mut Source<R>,
        plan: &mut Plan,
        mut take: impl FnMut(&mut Source<R>, &Self, &mut Plan) -> Result<(), Error>,
    ) -> Result<(), Error> {
        plan.keep(self.start, self.content - self.start)?;
        let mut last = self.content;
        self.each(source, |source, child| {
            last = child.end;
            take(source, child, plan)
        })?;
        plan.zeros(self.end - last)
    }

    /// Keeps it but for some bytes of its content, which become zeros: from and to, in order.
    pub(super) fn keep_without(
        &self,
        plan: &mut Plan,
        without: &[(u64, u64)],
    ) -> Result<(), Error> {
        let mut at = self.start;
        for (from, to) in without {
            let from = (self.content + from).clamp(at, self.end);
            let to = self.content.saturating_add(*to).clamp(from, self.end);
            plan.keep(at, from - at)?;
            plan.zeros(to - from)?;
            at = to;
        }
        plan.keep(at, self.end - at)
    }

    /// Nothing of the same length, so that whatever is counted from the beginning of the file stays right.
    pub(super) fn free(&self, plan: &mut Plan) -> Result<(), Error> {
        free(self.start, self.end, plan)
    }
}

/// An atom of zeros from one place to another, with room for a header.
pub(super) fn free(from: u64, to: u64, plan: &mut Plan) -> Result<(), Error> {
    let length = to - from;
    if let Ok(short) = u32::try_from(length) {
        plan.put(&short.to_be_bytes())?;
        plan.put(b"free")?;
        return plan.zeros(length.saturating_sub(8));
    }
    plan.put(b"\0\0\0\x01free")?;
    plan.put(&length.to_be_bytes())?;
    plan.zeros(length - 16)
}
