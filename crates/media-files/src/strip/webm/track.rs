//! What a track is.

use std::io::{Read, Seek};

use super::element::{Element, vint};
use super::ids;
use crate::error::Error;
use crate::limits::Limits;
use crate::source::Source;

/// RFC 9559 section 5.1.4.1.3.
const VIDEO: u64 = 1;
const AUDIO: u64 = 2;

#[derive(Debug, Default)]
pub(super) struct Track {
    pub(super) number: u64,
    kind: u64,
    pub(super) is_vorbis: bool,
    /// Of one frame, in nanoseconds.
    pub(super) frame: u64,
    pixels: (u64, u64),
    display: (u64, u64),
    /// Not pixels, but lengths or a proportion.
    display_unit: u64,
    is_turned: bool,
}

impl Track {
    pub(super) fn read<R: Read + Seek>(
        source: &mut Source<R>,
        entry: &Element,
    ) -> Result<Self, Error> {
        let mut track = Self::default();
        entry.each(source, |source, child| {
            match child.id {
                ids::TRACK_NUMBER => track.number = child.unsigned(source)?,
                ids::TRACK_TYPE => track.kind = child.unsigned(source)?,
                ids::DEFAULT_DURATION => track.frame = child.unsigned(source)?,
                ids::CODEC_ID => {
                    track.is_vorbis = source.vec(child.ends()? - child.content, 64)? == b"A_VORBIS"
                }
                ids::VIDEO => child.each(source, |source, child| track.picture(source, child))?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(track)
    }

    fn picture<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        child: &Element,
    ) -> Result<(), Error> {
        match child.id {
            ids::PIXEL_WIDTH => self.pixels.0 = child.unsigned(source)?,
            ids::PIXEL_HEIGHT => self.pixels.1 = child.unsigned(source)?,
            ids::DISPLAY_WIDTH => self.display.0 = child.unsigned(source)?,
            ids::DISPLAY_HEIGHT => self.display.1 = child.unsigned(source)?,
            ids::DISPLAY_UNIT => self.display_unit = child.unsigned(source)?,
            ids::PROJECTION => child.each(source, |source, child| {
                if child.id == ids::ROLL {
                    let quarters = (child.float(source)? / 90.0).round();
                    self.is_turned = quarters.rem_euclid(2.0) == 1.0;
                }
                Ok(())
            })?,
            _ => {}
        }
        Ok(())
    }

    pub(super) const fn is_kept(&self) -> bool {
        matches!(self.kind, VIDEO | AUDIO)
    }

    /// As it is shown, if there is something to see.
    pub(super) fn size(&self, limits: &Limits) -> Result<Option<(u32, u32)>, Error> {
        if self.kind != VIDEO {
            return Ok(None);
        }
        let check = |(width, height): (u64, u64)| {
            let side = |side: u64| u32::try_from(side).unwrap_or(u32::MAX);
            let size = (side(width), side(height));
            limits.check_pixels(size.0, size.1).map(|()| size)
        };
        let mut size = check(self.pixels)?;
        if self.display_unit == 0 && self.display.0 > 0 && self.display.1 > 0 {
            size = check(self.display)?;
        }
        Ok(Some(if self.is_turned {
            (size.1, size.0)
        } else {
            size
        }))
    }
}

/// Which track the packets of a block are of, and when they are due after the cluster: RFC 9559 section 10.1.
pub(super) fn block<R: Read + Seek>(
    source: &mut Source<R>,
    block: &Element,
) -> Result<(u64, i16), Error> {
    source.seek(block.content)?;
    let (track, _) = vint(source)?;
    let after = source.be16()?.cast_signed();
    if source.at() > block.ends()? {
        return Err(Error::Malformed("a block that is too short"));
    }
    Ok((track, after))
}

/// Where in the set-up of Vorbis the comments are: three packets with the lengths of the first two before them.
pub(super) fn vorbis_comments<R: Read + Seek>(
    source: &mut Source<R>,
    private: &Element,
) -> Result<(u64, u64), Error> {
    source.seek(private.content)?;
    if source.u8()? != 2 {
        return Err(Error::Malformed("a Vorbis without its three headers"));
    }
    let mut lengths = [0_u64; 2];
    for length in &mut lengths {
        loop {
            let byte = source.u8()?;
            *length += u64::from(byte);
            if byte < 255 {
                break;
            }
        }
    }
    let from = source.at() + lengths[0];
    let to = from + lengths[1];
    if to > private.ends()? || lengths[1] < 16 {
        return Err(Error::Malformed("a Vorbis without its three headers"));
    }
    Ok((from, to))
}
