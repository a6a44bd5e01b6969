//! What a file is, from its first bytes, while it still arrives.

mod head;

use crate::error::Error;
use crate::format::Format;
use crate::limits::Limits;
use crate::mpeg::{Frame, id3_length};

/// What the head of a file shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its format.
    pub format: Format,
    /// Width and height of a picture, before it is turned; of videos the head shows nothing.
    pub size: Option<(u32, u32)>,
}

/// Reads the head of a file as its bytes come, and keeps no more than 4 KiB of them.
#[derive(Debug)]
pub struct Sniffer {
    limits: Limits,
    stage: Stage,
    bytes: Vec<u8>,
    /// Bytes that are of no interest and have not come yet.
    skip: u64,
    any: bool,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    Start,
    /// At a marker.
    Jpeg,
    /// Where a frame or another tag should be; so many bytes of padding may still come before it.
    Mp3 {
        padding: u16,
    },
    Known(Head),
}

/// What to do with the bytes that are there.
enum Step {
    More,
    Skip(u64),
    Go(Stage, u64),
}

/// More than any header that is looked at: an EBML header with room for what nobody puts there.
const MOST: usize = 4096;

/// Zeros between an ID3 tag and the first frame, which old taggers leave there.
const PADDING: u16 = 4096;

impl Sniffer {
    /// Begins at the first byte of a file.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            stage: Stage::Start,
            bytes: Vec::new(),
            skip: 0,
            any: false,
        }
    }

    /// Takes the next bytes; `None` means that more are needed.
    ///
    /// # Errors
    /// What the head shows to be wrong: [`Error::Unsupported`], [`Error::TooManyPixels`], [`Error::Malformed`].
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<Option<Head>, Error> {
        self.any |= !bytes.is_empty();
        loop {
            if let Stage::Known(head) = self.stage {
                return Ok(Some(head));
            }
            let passed =
                usize::try_from(self.skip).map_or(bytes.len(), |skip| skip.min(bytes.len()));
            self.skip -= passed as u64;
            bytes = &bytes[passed..];
            let room = (MOST - self.bytes.len()).min(bytes.len());
            self.bytes.extend_from_slice(&bytes[..room]);
            bytes = &bytes[room..];
            if self.skip > 0 {
                return Ok(None);
            }
            match self.step()? {
                Step::More if self.bytes.len() >= MOST => return Err(Error::Unsupported),
                Step::More if bytes.is_empty() => return Ok(None),
                Step::More => {}
                Step::Skip(by) => self.pass(by),
                Step::Go(stage, by) => {
                    self.pass(by);
                    self.stage = stage;
                }
            }
        }
    }

    /// The format as soon as it is known, which may be long before the size of the picture is: how many bytes may come
    /// depends on it.
    #[must_use]
    pub const fn format(&self) -> Option<Format> {
        match self.stage {
            Stage::Start => None,
            Stage::Jpeg => Some(Format::Jpeg),
            Stage::Mp3 { .. } => Some(Format::Mp3),
            Stage::Known(head) => Some(head.format),
        }
    }

    /// What is wrong with a file that ended before its head was known.
    #[must_use]
    pub const fn ended(&self) -> Error {
        match self.stage {
            Stage::Start if !self.any => Error::Empty,
            Stage::Start => Error::Unsupported,
            _ => Error::Truncated,
        }
    }

    /// Never passes what is not there: what is left over is skipped when it comes.
    fn pass(&mut self, by: u64) {
        let here = usize::try_from(by).map_or(self.bytes.len(), |by| by.min(self.bytes.len()));
        self.bytes.drain(..here);
        self.skip = by - here as u64;
    }

    fn step(&self) -> Result<Step, Error> {
        match self.stage {
            Stage::Start => self.start(),
            Stage::Jpeg => self.marker(),
            Stage::Mp3 { padding } => Self::frame(&self.bytes, padding),
            Stage::Known(_) => Ok(Step::More),
        }
    }

    fn start(&self) -> Result<Step, Error> {
        let bytes = self.bytes.as_slice();
        if bytes.starts_with(b"\xff\xd8\xff") {
            return Ok(Step::Go(Stage::Jpeg, 2));
        }
        if bytes.len() >= 10 && bytes.starts_with(b"ID3") {
            return Ok(Step::Go(Stage::Mp3 { padding: 0 }, 0));
        }
        if let [first, second, third, fourth, ..] = *bytes
            && Frame::read([first, second, third, fourth]).is_some()
        {
            return Ok(match Self::frame(bytes, 0)? {
                Step::Go(stage, by) => Step::Go(stage, by),
                _ => Step::More,
            });
        }
        let Some(head) = head::read(bytes)? else {
            return Ok(Step::More);
        };
        if let Some((width, height)) = head.size {
            self.limits.check_pixels(width, height)?;
        }
        Ok(Step::Go(Stage::Known(head), 0))
    }

    /// Segments of a JPEG until the one with its size: ITU T.81 section B.1.1.
    fn marker(&self) -> Result<Step, Error> {
        let [0xff, marker, rest @ ..] = self.bytes.as_slice() else {
            return if self.bytes.len() < 2 {
                Ok(Step::More)
            } else {
                Err(Error::Malformed("no JPEG marker where one must be"))
            };
        };
        match marker {
            0xff => return Ok(Step::Skip(1)),
            0xd9 | 0xda => return Err(Error::Malformed("a JPEG without a frame")),
            0x00 | 0x01 | 0xd0..=0xd8 => {
                return Err(Error::Malformed("a JPEG marker out of place"));
            }
            _ => {}
        }
        let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        match *rest {
            [_, _, _, high, low, left, right, ..] if is_frame => {
                let height = u16::from_be_bytes([high, low]).into();
                let width = u16::from_be_bytes([left, right]).into();
                self.limits.check_pixels(width, height)?;
                let head = Head {
                    format: Format::Jpeg,
                    size: Some((width, height)),
                };
                Ok(Step::Go(Stage::Known(head), 0))
            }
            [high, low, ..] if !is_frame => {
                let length = u16::from_be_bytes([high, low]);
                if length < 2 {
                    return Err(Error::Malformed("a JPEG segment without a length"));
                }
                Ok(Step::Skip(2 + u64::from(length)))
            }
            _ => Ok(Step::More),
        }
    }

    /// Tags, then two frames that belong together: one alone is found in any noise.
    fn frame(bytes: &[u8], padding: u16) -> Result<Step, Error> {
        let Some(tag) = bytes.first_chunk::<10>() else {
            return Ok(Step::More);
        };
        if let Some(length) = id3_length(*tag) {
            return Ok(Step::Go(Stage::Mp3 { padding: PADDING }, length));
        }
        let [first, second, third, fourth, ..] = *tag;
        let Some(frame) = Frame::read([first, second, third, fourth]) else {
            return match (first, padding.checked_sub(1)) {
                (0, Some(padding)) => Ok(Step::Go(Stage::Mp3 { padding }, 1)),
                _ => Err(Error::Unsupported),
            };
        };
        let next = usize::try_from(frame.bytes).ok();
        let Some(next) = next.and_then(|next| bytes.get(next..)?.first_chunk::<4>()) else {
            return Ok(Step::More);
        };
        if !Frame::read(*next).is_some_and(|next| frame.goes_on(next)) {
            return Err(Error::Unsupported);
        }
        let head = Head {
            format: Format::Mp3,
            size: None,
        };
        Ok(Step::Go(Stage::Known(head), 0))
    }
}

/// What a whole file is.
///
/// # Errors
/// As [`Sniffer::feed`], and [`Error::Empty`] or [`Error::Truncated`] if it ends too early.
pub fn sniff(file: &mut impl std::io::Read, limits: &Limits) -> Result<Head, Error> {
    let mut sniffer = Sniffer::new(limits.clone());
    let mut bytes = [0; MOST];
    loop {
        let count = file.read(&mut bytes).map_err(Error::Read)?;
        if count == 0 {
            return Err(sniffer.ended());
        }
        if let Some(head) = sniffer.feed(&bytes[..count])? {
            return Ok(head);
        }
    }
}
