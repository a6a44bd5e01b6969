//! PNG and APNG: the third edition of the W3C's recommendation, sections 5 and 11.

use std::io::{Read, Seek};

use super::Stripped;
use crate::error::Error;
use crate::limits::Limits;
use crate::orientation;
use crate::plan::Plan;
use crate::source::Source;

/// No profile in use is larger.
const LARGEST_PROFILE: usize = 4 << 20;

/// Chunks whose content is a handful of numbers.
const LARGEST_NUMBERS: usize = 1024;

/// EXIF is read as a whole to find one number in it.
const LARGEST_EXIF: u64 = 64 << 10;

struct Chunk {
    kind: [u8; 4],
    /// Where its length stands.
    start: u64,
    /// Of its content.
    length: u64,
}

impl Chunk {
    fn next<R: Read + Seek>(source: &mut Source<R>) -> Result<Self, Error> {
        let start = source.at();
        let length = source.be32()?;
        if length > i32::MAX.unsigned_abs() {
            return Err(Error::Malformed("a PNG chunk that is too long"));
        }
        Ok(Self {
            kind: source.array()?,
            start,
            length: length.into(),
        })
    }

    const fn content(&self) -> u64 {
        self.start + 8
    }

    /// Where the next chunk begins.
    const fn end(&self) -> u64 {
        self.content() + self.length + 4
    }

    /// The pixels: what must be right to the last bit.
    fn check<R: Read + Seek>(&self, source: &mut Source<R>) -> Result<(), Error> {
        let mut sum = crc32fast::Hasher::new();
        sum.update(&self.kind);
        source.each(self.length, |bytes| {
            sum.update(bytes);
            Ok(())
        })?;
        if source.be32()? != sum.finalize() {
            return Err(Error::Malformed("a PNG chunk with a wrong sum"));
        }
        Ok(())
    }
}

pub(super) fn strip<R: Read + Seek>(
    source: &mut Source<R>,
    limits: &Limits,
) -> Result<Stripped, Error> {
    if source.array()? != *b"\x89PNG\r\n\x1a\n" {
        return Err(Error::Malformed("no PNG"));
    }
    let first = source.at();
    let turned = find_orientation(source)?;
    source.seek(first)?;

    let mut plan = Plan::new(limits);
    plan.keep(0, first)?;
    let size = header(source, limits, &mut plan)?;
    // EXIF may stand behind the pixels, where few look for it.
    if let Some(turned) = turned {
        put(&mut plan, *b"eXIf", &orientation::write(turned))?;
    }
    let mut walk = Walk {
        plan,
        frames: 0,
        pixels: false,
    };
    while walk.chunk(source, limits)? {}
    Ok(Stripped::picture(walk.plan, size, turned))
}

fn find_orientation<R: Read + Seek>(source: &mut Source<R>) -> Result<Option<u8>, Error> {
    loop {
        let chunk = Chunk::next(source)?;
        match &chunk.kind {
            b"IEND" => return Ok(None),
            b"eXIf" if chunk.length <= LARGEST_EXIF => {
                let tiff = source.vec(chunk.length, usize::MAX)?;
                return Ok(orientation::read(&tiff).filter(|turned| *turned > 1));
            }
            _ => source.seek(chunk.end())?,
        }
    }
}

fn header<R: Read + Seek>(
    source: &mut Source<R>,
    limits: &Limits,
    plan: &mut Plan,
) -> Result<(u32, u32), Error> {
    let chunk = Chunk::next(source)?;
    if chunk.kind != *b"IHDR" || chunk.length != 13 {
        return Err(Error::Malformed(
            "a PNG that does not begin with its header",
        ));
    }
    let (width, height) = (source.be32()?, source.be32()?);
    limits.check_pixels(width, height)?;
    source.seek(chunk.content())?;
    chunk.check(source)?;
    plan.keep(chunk.start, chunk.end() - chunk.start)?;
    Ok((width, height))
}

struct Walk {
    plan: Plan,
    frames: u32,
    /// Whether any have come.
    pixels: bool,
}

impl Walk {
    /// Whether there are more. What follows the last one stays behind.
    fn chunk<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        limits: &Limits,
    ) -> Result<bool, Error> {
        let chunk = Chunk::next(source)?;
        let whole = chunk.end() - chunk.start;
        match &chunk.kind {
            b"IEND" => {
                if !self.pixels {
                    return Err(Error::Malformed("a PNG without pixels"));
                }
                put(&mut self.plan, chunk.kind, &[])?;
                return Ok(false);
            }
            b"IHDR" => return Err(Error::Malformed("a PNG of two headers")),
            b"PLTE" | b"IDAT" | b"fdAT" => {
                chunk.check(source)?;
                self.pixels |= chunk.kind == *b"IDAT";
                self.plan.keep(chunk.start, whole)?;
            }
            b"acTL" | b"fcTL" => {
                let content = source.vec(chunk.length, LARGEST_NUMBERS)?;
                self.animation(&chunk, &content, limits)?;
                source.seek(chunk.content())?;
                chunk.check(source)?;
                self.plan.keep(chunk.start, whole)?;
            }
            b"iCCP" => self.profile(&chunk, source)?,
            // How to show the colours, what is transparent, and how large a pixel is.
            b"tRNS" | b"cHRM" | b"gAMA" | b"sBIT" | b"sRGB" | b"cICP" | b"mDCV" | b"cLLI"
            | b"bKGD" | b"pHYs"
                if chunk.length <= LARGEST_NUMBERS as u64 =>
            {
                // Decoders pass over such chunks if they are damaged.
                match chunk.check(source) {
                    Ok(()) => self.plan.keep(chunk.start, whole)?,
                    Err(Error::Malformed(_)) => {}
                    Err(other) => return Err(other),
                }
            }
            [b'A'..=b'Z', ..] => {
                return Err(Error::Malformed(
                    "a PNG chunk that nobody knows and everybody must",
                ));
            }
            _ => {}
        }
        source.seek(chunk.end())?;
        Ok(true)
    }

    fn animation(&mut self, chunk: &Chunk, content: &[u8], limits: &Limits) -> Result<(), Error> {
        let u32_at = |at: usize| {
            let bytes = content
                .get(at..at + 4)
                .and_then(|bytes| bytes.try_into().ok());
            bytes
                .map(u32::from_be_bytes)
                .ok_or(Error::Malformed("a PNG chunk that is too short"))
        };
        if chunk.kind == *b"acTL" {
            return limits.check_frames(u32_at(0)?);
        }
        self.frames += 1;
        limits.check_frames(self.frames)?;
        limits.check_pixels(u32_at(4)?, u32_at(8)?)
    }

    /// The profile stays, its name goes: it is whatever somebody has typed.
    fn profile<R: Read + Seek>(
        &mut self,
        chunk: &Chunk,
        source: &mut Source<R>,
    ) -> Result<(), Error> {
        if chunk.length > LARGEST_PROFILE as u64 {
            return Err(Error::Malformed("a colour profile that is too large"));
        }
        match chunk.check(source) {
            Err(Error::Malformed(_)) => return Ok(()),
            other => other?,
        }
        source.seek(chunk.content())?;
        let content = source.vec(chunk.length, LARGEST_PROFILE)?;
        let Some(name) = content.iter().take(80).position(|byte| *byte == 0) else {
            return Ok(());
        };
        put(
            &mut self.plan,
            chunk.kind,
            &[b"ICC", &content[name..]].concat(),
        )
    }
}

/// Writes a chunk.
fn put(plan: &mut Plan, kind: [u8; 4], content: &[u8]) -> Result<(), Error> {
    let length = u32::try_from(content.len()).map_err(|_| Error::TooIntricate)?;
    let mut sum = crc32fast::Hasher::new();
    sum.update(&kind);
    sum.update(content);
    plan.put(&length.to_be_bytes())?;
    plan.put(&kind)?;
    plan.put(content)?;
    plan.put(&sum.finalize().to_be_bytes())
}
