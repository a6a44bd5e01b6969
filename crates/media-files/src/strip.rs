//! The original without what it tells about people, and what it is.
//!
//! Everything here is a list of what stays, not of what goes: what nobody knows goes.

mod gif;
mod jpeg;
mod mp3;
mod mp4;
mod ogg;
mod png;
mod riff;
mod wav;
mod webm;
mod webp;

use std::io::{Read, Seek, Write};
use std::time::Duration;

use crate::error::Error;
use crate::format::Format;
use crate::limits::Limits;
use crate::orientation;
use crate::plan::Plan;
use crate::source::Source;

/// What a file is once it is stripped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Its bytes.
    pub bytes: u64,
    /// Width and height as it is to be shown, that is, turned; none for sound.
    pub size: Option<(u32, u32)>,
    /// How long it plays; none for pictures, also for those that move.
    pub duration: Option<Duration>,
}

/// How a file will be stripped, and what it is.
pub(crate) struct Stripped {
    pub(crate) plan: Plan,
    pub(crate) size: Option<(u32, u32)>,
    pub(crate) duration: Option<Duration>,
}

impl Stripped {
    /// A picture of which the file shows width, height and how to turn it.
    fn picture(plan: Plan, (width, height): (u32, u32), turned: Option<u8>) -> Self {
        let swapped = turned.is_some_and(orientation::swaps_sides);
        Self {
            plan,
            size: Some(if swapped {
                (height, width)
            } else {
                (width, height)
            }),
            duration: None,
        }
    }

    const fn sound(plan: Plan, duration: Duration) -> Self {
        Self {
            plan,
            size: None,
            duration: Some(duration),
        }
    }

    const fn facts(&self) -> Facts {
        Facts {
            bytes: self.plan.length(),
            size: self.size,
            duration: self.duration,
        }
    }
}

/// Writes the file without metadata. Pixels, samples, colour profile and orientation stay.
///
/// # Errors
/// Whatever is wrong with the file; then nothing has been written.
pub fn strip<R: Read + Seek>(
    format: Format,
    file: R,
    out: &mut impl Write,
    limits: &Limits,
) -> Result<Facts, Error> {
    let mut source = Source::new(file)?;
    let stripped = examine(format, &mut source, limits)?;
    stripped.plan.write(&mut source, out)?;
    Ok(stripped.facts())
}

/// What [`strip`] would answer, without writing.
///
/// # Errors
/// Whatever is wrong with the file.
pub fn measure<R: Read + Seek>(format: Format, file: R, limits: &Limits) -> Result<Facts, Error> {
    let mut source = Source::new(file)?;
    examine(format, &mut source, limits).map(|stripped| stripped.facts())
}

fn examine<R: Read + Seek>(
    format: Format,
    source: &mut Source<R>,
    limits: &Limits,
) -> Result<Stripped, Error> {
    match format {
        Format::Jpeg => jpeg::strip(source, limits),
        Format::Png => png::strip(source, limits),
        Format::Gif => gif::strip(source, limits),
        Format::WebP => webp::strip(source, limits),
        Format::Mp3 => mp3::strip(source, limits),
        Format::Ogg => ogg::strip(source, limits),
        Format::Wav => wav::strip(source, limits),
        Format::Mp4 | Format::Mov => mp4::strip(source, limits),
        Format::WebM => webm::strip(source, limits),
    }
}
