//! Files of chunks with a length each, in a chunk with the length of the file: WebP and WAV.

use std::io::{Read, Seek};

use crate::error::Error;
use crate::plan::Plan;
use crate::source::Source;

pub(super) struct Chunk {
    pub(super) kind: [u8; 4],
    /// Where its content begins.
    pub(super) content: u64,
    pub(super) length: u64,
    /// Where the next one begins: at an even place.
    pub(super) end: u64,
}

impl Chunk {
    /// The next chunk, whatever length it claims.
    pub(super) fn claimed<R: Read + Seek>(source: &mut Source<R>) -> Result<Self, Error> {
        let kind = source.array()?;
        let length = u64::from(source.le32()?);
        let content = source.at();
        Ok(Self {
            kind,
            content,
            length,
            end: content + length + length % 2,
        })
    }

    /// The next chunk, within its surroundings.
    pub(super) fn next<R: Read + Seek>(source: &mut Source<R>, limit: u64) -> Result<Self, Error> {
        let mut chunk = Self::claimed(source)?;
        if chunk.content + chunk.length > limit {
            return Err(Error::Truncated);
        }
        // The byte that only makes a length even is often missing at the end.
        chunk.end = chunk.end.min(limit);
        Ok(chunk)
    }

    /// Keeps it as it is, with an even length.
    pub(super) fn keep(&self, plan: &mut Plan) -> Result<(), Error> {
        plan.keep(self.content - 8, self.length + 8)?;
        plan.zeros(self.length % 2)
    }
}

/// Writes a chunk.
pub(super) fn put(plan: &mut Plan, kind: [u8; 4], content: &[u8]) -> Result<(), Error> {
    plan.put(&kind)?;
    plan.put(&length(content.len() as u64)?)?;
    plan.put(content)?;
    plan.zeros(content.len() as u64 % 2)
}

/// Writes the head of a file, with so many bytes of chunks to come.
pub(super) fn begin(plan: &mut Plan, kind: [u8; 4], chunks: u64) -> Result<(), Error> {
    plan.put(b"RIFF")?;
    plan.put(&length(4 + chunks)?)?;
    plan.put(&kind)
}

pub(super) fn length(bytes: u64) -> Result<[u8; 4], Error> {
    let bytes = u32::try_from(bytes).map_err(|_| Error::TooIntricate)?;
    Ok(bytes.to_le_bytes())
}
