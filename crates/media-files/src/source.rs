//! A file that is read and never past its end.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

use crate::error::Error;

/// Small enough for two hundred at once, large enough that headers close together cost one read.
const BUFFER: usize = 32 << 10;

/// A file with a position in it. Whatever is asked beyond the end is [`Error::Truncated`].
pub(crate) struct Source<R> {
    inner: BufReader<R>,
    at: u64,
    end: u64,
}

impl<R: Read + Seek> Source<R> {
    /// Begins at the first byte.
    pub(crate) fn new(mut file: R) -> Result<Self, Error> {
        let end = file.seek(SeekFrom::End(0)).map_err(Error::Read)?;
        file.rewind().map_err(Error::Read)?;
        if end == 0 {
            return Err(Error::Empty);
        }
        Ok(Self {
            inner: BufReader::with_capacity(BUFFER, file),
            at: 0,
            end,
        })
    }

    pub(crate) const fn at(&self) -> u64 {
        self.at
    }

    pub(crate) const fn end(&self) -> u64 {
        self.end
    }

    pub(crate) const fn left(&self) -> u64 {
        self.end - self.at
    }

    pub(crate) fn seek(&mut self, to: u64) -> Result<(), Error> {
        if to > self.end {
            return Err(Error::Truncated);
        }
        // Within what is buffered nothing is read again. Sizes of files fit.
        let by = i64::try_from(to)
            .ok()
            .zip(i64::try_from(self.at).ok())
            .map(|(to, at)| to - at)
            .ok_or(Error::Truncated)?;
        self.inner.seek_relative(by).map_err(Error::Read)?;
        self.at = to;
        Ok(())
    }

    pub(crate) fn skip(&mut self, by: u64) -> Result<(), Error> {
        let to = self.at.checked_add(by).ok_or(Error::Truncated)?;
        self.seek(to)
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        if bytes.len() as u64 > self.left() {
            return Err(Error::Truncated);
        }
        self.inner.read_exact(bytes).map_err(of_read)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn be16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn be32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn be64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn le32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_le_bytes)
    }

    /// The next bytes. Whoever asks says how many at most, so that no file decides how much memory it gets.
    pub(crate) fn vec(&mut self, length: u64, at_most: usize) -> Result<Vec<u8>, Error> {
        let length = usize::try_from(length).map_err(|_| Error::TooIntricate)?;
        if length > at_most {
            return Err(Error::TooIntricate);
        }
        if length as u64 > self.left() {
            return Err(Error::Truncated);
        }
        let mut bytes = vec![0; length];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Goes to the next byte of this value and past it.
    pub(crate) fn skip_past(&mut self, byte: u8) -> Result<(), Error> {
        loop {
            let buffer = self.inner.fill_buf().map_err(Error::Read)?;
            if buffer.is_empty() {
                return Err(Error::Truncated);
            }
            let found = memchr::memchr(byte, buffer);
            let used = found.map_or(buffer.len(), |index| index + 1);
            self.inner.consume(used);
            self.at += used as u64;
            if found.is_some() {
                return Ok(());
            }
        }
    }

    /// Hands the next bytes on, a buffer at a time.
    pub(crate) fn each(
        &mut self,
        length: u64,
        mut take: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if length > self.left() {
            return Err(Error::Truncated);
        }
        let mut left = length;
        while left > 0 {
            let buffer = self.inner.fill_buf().map_err(Error::Read)?;
            if buffer.is_empty() {
                return Err(Error::Truncated);
            }
            let used = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
            take(&buffer[..used])?;
            self.inner.consume(used);
            self.at += used as u64;
            left -= used as u64;
        }
        Ok(())
    }

    /// Copies the next bytes.
    pub(crate) fn copy(&mut self, length: u64, out: &mut impl Write) -> Result<(), Error> {
        self.each(length, |bytes| out.write_all(bytes).map_err(Error::Write))
    }
}

/// A file that has become shorter under our hands.
fn of_read(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return Error::Truncated;
    }
    Error::Read(error)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn nothing_is_read_past_the_end() {
        let mut source = Source::new(Cursor::new(vec![1, 2, 3, 4])).unwrap();
        assert_eq!(source.be16().unwrap(), 0x0102);
        assert!(matches!(source.be32(), Err(Error::Truncated)));
        assert!(matches!(source.skip(3), Err(Error::Truncated)));
        assert!(matches!(source.skip(u64::MAX), Err(Error::Truncated)));
        assert!(matches!(source.vec(u64::MAX, 10), Err(Error::TooIntricate)));
        assert!(matches!(source.vec(5, 10), Err(Error::Truncated)));
        assert_eq!((source.at(), source.left()), (2, 2));
        source.skip_past(4).unwrap();
        assert!(matches!(source.skip_past(4), Err(Error::Truncated)));
        assert!(matches!(
            Source::new(Cursor::new(Vec::new())),
            Err(Error::Empty)
        ));
    }
}
