//! JPEG: ITU T.81 annex B; JFIF 1.02; Exif 2.32 section 4.5.

use std::io::{Read, Seek};

use super::Stripped;
use crate::error::Error;
use crate::limits::Limits;
use crate::orientation;
use crate::plan::Plan;
use crate::source::Source;

const EXIF: &[u8] = b"Exif\0\0";
const JFIF: &[u8] = b"JFIF\0";
const ADOBE: &[u8] = b"Adobe";
const ICC: &[u8] = b"ICC_PROFILE\0";

/// Of a JFIF segment: version, density, and that there is no thumbnail.
const JFIF_LENGTH: usize = 14;
/// Of Adobe's segment: the version, flags, and how colours are written.
const ADOBE_LENGTH: usize = 12;

struct Walk {
    plan: Plan,
    size: Option<(u32, u32)>,
    turned: Option<u8>,
    /// Only the first EXIF counts.
    exif_seen: bool,
    scans: u32,
}

pub(super) fn strip<R: Read + Seek>(
    source: &mut Source<R>,
    limits: &Limits,
) -> Result<Stripped, Error> {
    let mut walk = Walk {
        plan: Plan::new(limits),
        size: None,
        turned: None,
        exif_seen: false,
        scans: 0,
    };
    if source.be16()? != 0xffd8 {
        return Err(Error::Malformed("no JPEG"));
    }
    walk.plan.put(b"\xff\xd8")?;
    // Whatever follows the end of the picture stays behind, other pictures among it.
    while walk.segment(source, limits)? {}
    let size = walk.size.filter(|_| walk.scans > 0);
    let size = size.ok_or(Error::Malformed("a JPEG without a picture"))?;
    Ok(Stripped::picture(walk.plan, size, walk.turned))
}

/// The marker that is next; several 0xff may stand before it.
fn marker<R: Read + Seek>(source: &mut Source<R>) -> Result<u8, Error> {
    if source.u8()? != 0xff {
        return Err(Error::Malformed("no JPEG marker where one must be"));
    }
    loop {
        match source.u8()? {
            0xff => {}
            marker => return Ok(marker),
        }
    }
}

impl Walk {
    /// Whether there are more.
    fn segment<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        limits: &Limits,
    ) -> Result<bool, Error> {
        let marker = marker(source)?;
        if marker == 0xd9 {
            self.plan.put(b"\xff\xd9")?;
            return Ok(false);
        }
        if matches!(marker, 0x00 | 0x01 | 0xd0..=0xd8) {
            return Err(Error::Malformed("a JPEG marker out of place"));
        }
        let start = source.at();
        let length = u64::from(source.be16()?);
        let end = start + length;
        if length < 2 {
            return Err(Error::Malformed("a JPEG segment without a length"));
        }
        match marker {
            0xc4 | 0xcc | 0xdb..=0xdf => self.keep(marker, start, length)?,
            0xc0..=0xcf if marker != 0xc8 => {
                self.frame(source, limits)?;
                self.keep(marker, start, length)?;
            }
            0xda => {
                self.scans += 1;
                if self.size.is_none() || self.scans > limits.scans {
                    return Err(Error::Malformed(
                        "a JPEG scan without a frame, or too many of them",
                    ));
                }
                source.seek(end)?;
                let next = end_of_scan(source)?;
                return self.keep(marker, start, next - start).map(|()| true);
            }
            0xe0..=0xef => {
                let content = source.vec(length - 2, usize::from(u16::MAX))?;
                if !self.application(marker, &content, start)? {
                    self.leave_out(marker)?;
                }
            }
            0xfe => self.leave_out(marker)?,
            // Decoders disagree about what is reserved: some pass over it, some go on as if it were not there.
            _ => return Err(Error::Malformed("a JPEG marker that nobody knows")),
        }
        source.seek(end)?;
        Ok(true)
    }

    /// Keeps a segment, `length` bytes after its marker.
    fn keep(&mut self, marker: u8, start: u64, length: u64) -> Result<(), Error> {
        self.plan.put(&[0xff, marker])?;
        self.plan.keep(start, length)
    }

    fn frame<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        limits: &Limits,
    ) -> Result<(), Error> {
        if self.size.is_some() {
            return Err(Error::Malformed("a JPEG of two frames"));
        }
        let _precision = source.u8()?;
        let height = source.be16()?.into();
        let width = source.be16()?.into();
        limits.check_pixels(width, height)?;
        self.size = Some((width, height));
        Ok(())
    }

    /// Whether something of the segment stays.
    fn application(&mut self, marker: u8, content: &[u8], start: u64) -> Result<bool, Error> {
        match marker {
            0xe0 if content.starts_with(JFIF) && content.len() >= JFIF_LENGTH => {
                self.rewrite(marker, &[&content[..JFIF_LENGTH - 2], &[0, 0]])?;
            }
            0xe1 if content.starts_with(EXIF) && !self.exif_seen => {
                self.exif_seen = true;
                // Behind the first scan nobody looks for it.
                if self.scans > 0 {
                    return Ok(false);
                }
                self.turned =
                    orientation::read(&content[EXIF.len()..]).filter(|turned| *turned > 1);
                let Some(turned) = self.turned else {
                    return Ok(false);
                };
                self.rewrite(marker, &[EXIF, &orientation::write(turned)])?;
            }
            0xe2 if content.starts_with(ICC) => {
                self.keep(marker, start, content.len() as u64 + 2)?;
            }
            0xee if content.starts_with(ADOBE) && content.len() >= ADOBE_LENGTH => {
                self.rewrite(marker, &[&content[..ADOBE_LENGTH]])?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Behind a scan an empty segment stays in its place: where a scan is too short, what decoders see depends on which
    /// marker it ran into.
    fn leave_out(&mut self, marker: u8) -> Result<(), Error> {
        if self.scans == 0 {
            return Ok(());
        }
        self.rewrite(marker, &[])
    }

    fn rewrite(&mut self, marker: u8, content: &[&[u8]]) -> Result<(), Error> {
        let content = content.concat();
        let length = u16::try_from(content.len() + 2).map_err(|_| Error::TooIntricate)?;
        self.plan.put(&[0xff, marker])?;
        self.plan.put(&length.to_be_bytes())?;
        self.plan.put(&content)
    }
}

/// Where the marker begins that ends the scan.
fn end_of_scan<R: Read + Seek>(source: &mut Source<R>) -> Result<u64, Error> {
    loop {
        source.skip_past(0xff)?;
        let at = source.at() - 1;
        loop {
            match source.u8()? {
                // The byte 0xff itself, and places where a decoder can begin anew.
                0x00 | 0xd0..=0xd7 => break,
                0xff => {}
                _ => {
                    source.seek(at)?;
                    return Ok(at);
                }
            }
        }
    }
}
