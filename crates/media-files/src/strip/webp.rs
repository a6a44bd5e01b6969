//! WebP: RFC 9649.

use std::io::{Read, Seek};

use super::Stripped;
use super::riff::{self, Chunk};
use crate::error::Error;
use crate::limits::Limits;
use crate::orientation;
use crate::plan::Plan;
use crate::source::Source;
use crate::webp_sizes;

/// EXIF is read as a whole to find one number in it.
const LARGEST_EXIF: u64 = 64 << 10;

/// Of the header of a frame of an animation.
const FRAME: u64 = 16;

const PROFILE_FLAG: u8 = 0x20;
const EXIF_FLAG: u8 = 0x08;
const XMP_FLAG: u8 = 0x04;

/// What there is in a file.
#[derive(Default)]
struct Found {
    size: Option<(u32, u32)>,
    /// With a header of its own, before which nothing but a picture can be.
    is_extended: bool,
    has_profile: bool,
    turned: Option<u8>,
    frames: u32,
    pictures: u32,
}

pub(super) fn strip<R: Read + Seek>(
    source: &mut Source<R>,
    limits: &Limits,
) -> Result<Stripped, Error> {
    let riff = Chunk::next(source, source.end())?;
    if riff.kind != *b"RIFF" || source.array()? != *b"WEBP" {
        return Err(Error::Malformed("no WebP"));
    }
    let end = riff.content + riff.length;
    let first = source.at();
    // Once to know what there is, once to know how long it becomes, which the head has to say, and once to keep it.
    let mut found = Found::default();
    while source.at() < end {
        found.chunk(source, end, limits)?;
    }
    let size = found.size.filter(|_| found.pictures > 0);
    let size = size.ok_or(Error::Malformed("a WebP without a picture"))?;
    let mut chunks = Plan::new(limits);
    found.keep(source, first, end, &mut chunks)?;
    let mut plan = Plan::new(limits);
    riff::begin(&mut plan, *b"WEBP", chunks.length())?;
    found.keep(source, first, end, &mut plan)?;
    Ok(Stripped::picture(plan, size, found.turned))
}

impl Found {
    fn chunk<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        end: u64,
        limits: &Limits,
    ) -> Result<(), Error> {
        let chunk = Chunk::next(source, end)?;
        match &chunk.kind {
            b"VP8X" => {
                let [_, _, _, _, w, v, u, h, g, f] = source.array()?;
                let size = webp_sizes::of_canvas([w, v, u, h, g, f]);
                if chunk.length != 10 || self.size.is_some() {
                    return Err(Error::Malformed("a WebP header out of place"));
                }
                limits.check_pixels(size.0, size.1)?;
                self.size = Some(size);
                self.is_extended = true;
            }
            b"VP8 " | b"VP8L" => {
                self.pictures += 1;
                if self.pictures > 1 {
                    return Err(Error::Malformed("a WebP of two pictures"));
                }
                let size = picture_size(source, &chunk)?;
                limits.check_pixels(size.0, size.1)?;
                // Decoders make room for what the picture says, whatever was said before.
                if self.size.is_some_and(|said| said != size) {
                    return Err(Error::Malformed("a WebP picture of another size"));
                }
                self.size = Some(size);
            }
            b"ANMF" => {
                self.frames += 1;
                self.pictures += 1;
                limits.check_frames(self.frames)?;
            }
            b"ICCP" => self.has_profile = true,
            b"EXIF"
                if self.is_extended && self.turned.is_none() && chunk.length <= LARGEST_EXIF =>
            {
                let exif = source.vec(chunk.length, usize::MAX)?;
                // Some writers put the six bytes there that a JPEG has before it.
                let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(&exif);
                self.turned = orientation::read(tiff).filter(|turned| *turned > 1);
            }
            _ => {}
        }
        source.seek(chunk.end)
    }

    fn keep<R: Read + Seek>(
        &self,
        source: &mut Source<R>,
        first: u64,
        end: u64,
        plan: &mut Plan,
    ) -> Result<(), Error> {
        source.seek(first)?;
        while source.at() < end {
            let chunk = Chunk::next(source, end)?;
            match &chunk.kind {
                b"VP8X" => {
                    let mut header = source.array::<10>()?;
                    header[0] &= !(XMP_FLAG | EXIF_FLAG | PROFILE_FLAG);
                    header[0] |= if self.turned.is_some() { EXIF_FLAG } else { 0 };
                    header[0] |= if self.has_profile { PROFILE_FLAG } else { 0 };
                    riff::put(plan, chunk.kind, &header)?;
                }
                b"VP8 " | b"VP8L" | b"ALPH" | b"ICCP" | b"ANIM" => chunk.keep(plan)?,
                b"ANMF" => frame(source, &chunk, self.size, plan)?,
                _ => {}
            }
            source.seek(chunk.end)?;
        }
        match self.turned {
            Some(turned) => riff::put(plan, *b"EXIF", &orientation::write(turned)),
            None => Ok(()),
        }
    }
}

/// Keeps a frame of an animation, and of what is in it the picture.
fn frame<R: Read + Seek>(
    source: &mut Source<R>,
    frame: &Chunk,
    canvas: Option<(u32, u32)>,
    plan: &mut Plan,
) -> Result<(), Error> {
    let end = frame.content + frame.length;
    if frame.length < FRAME {
        return Err(Error::Malformed("a WebP frame that is too short"));
    }
    let [_, _, _, _, _, _, w, v, u, h, g, f] = source.array()?;
    let size = webp_sizes::of_canvas([w, v, u, h, g, f]);
    if canvas.is_none_or(|(width, height)| size.0 > width || size.1 > height) {
        return Err(Error::Malformed("a WebP frame larger than the picture"));
    }
    let first = frame.content + FRAME;
    let mut length = FRAME;
    let mut pictures = 0;
    source.seek(first)?;
    while source.at() < end {
        let chunk = Chunk::next(source, end)?;
        if is_picture(chunk.kind) {
            length += 8 + chunk.length + chunk.length % 2;
        }
        if matches!(&chunk.kind, b"VP8 " | b"VP8L") {
            pictures += 1;
            if picture_size(source, &chunk)? != size {
                return Err(Error::Malformed("a WebP picture of another size"));
            }
        }
        source.seek(chunk.end)?;
    }
    if pictures != 1 {
        return Err(Error::Malformed(
            "a WebP frame without a picture, or with two",
        ));
    }
    plan.put(b"ANMF")?;
    plan.put(&riff::length(length)?)?;
    plan.keep(frame.content, FRAME)?;
    source.seek(first)?;
    while source.at() < end {
        let chunk = Chunk::next(source, end)?;
        if is_picture(chunk.kind) {
            chunk.keep(plan)?;
        }
        source.seek(chunk.end)?;
    }
    Ok(())
}

fn is_picture(kind: [u8; 4]) -> bool {
    matches!(&kind, b"VP8 " | b"VP8L" | b"ALPH")
}

fn picture_size<R: Read + Seek>(
    source: &mut Source<R>,
    chunk: &Chunk,
) -> Result<(u32, u32), Error> {
    let too_short = Error::Malformed("a WebP picture that is too short");
    if chunk.length < 10 {
        return Err(too_short);
    }
    let head = source.array::<10>()?;
    if chunk.kind == *b"VP8L" {
        let [_, a, b, c, d, ..] = head;
        return Ok(webp_sizes::of_lossless([a, b, c, d]));
    }
    let [.., w, v, h, g] = head;
    Ok(webp_sizes::of_lossy([w, v, h, g]))
}
