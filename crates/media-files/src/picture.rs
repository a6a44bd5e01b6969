//! Pictures as pixels.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{DynamicImage, ImageDecoder, ImageError};

use crate::error::Error;
use crate::format::{Format, Kind};
use crate::limits::Limits;
use crate::orientation;
use crate::strip::measure;

/// A profile of a screen or a printer has a few hundred thousand bytes at most, that of a camera a few thousand. It
/// goes with each thumbnail, so a larger one stays behind.
const LARGEST_PROFILE: usize = 512 << 10;

/// A decoded picture; of one that moves the first frame.
pub struct Picture {
    pub(crate) pixels: DynamicImage,
    /// What turns it upright.
    pub(crate) orientation: image::metadata::Orientation,
    /// An ICC profile of red, green and blue.
    pub(crate) profile: Option<Vec<u8>>,
}

impl Picture {
    /// Decodes a file, which should be a stripped one: there orientation and profile are where they are looked for.
    /// What cannot be stripped is not decoded either: decoders make room for what a file says before they find it
    /// wrong.
    ///
    /// Takes as long as there are pixels, and up to [`Limits::decoded_bytes`] of memory: not to be done by a thread
    /// that others wait for, nor for more files at once than there are processors.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::Truncated`] or [`Error::TooManyPixels`] if the file is at fault,
    /// [`Error::Unsupported`] for what is no picture.
    pub fn decode<R: Read + Seek>(
        format: Format,
        mut file: R,
        limits: &Limits,
    ) -> Result<Self, Error> {
        if format.kind() != Kind::Image {
            return Err(Error::Unsupported);
        }
        measure(format, &mut file, limits)?;
        file.rewind().map_err(Error::Read)?;
        let mut failed = None;
        let file = BufReader::new(Watched {
            file,
            failed: &mut failed,
        });
        let decoded = decode(format, file, limits);
        // Decoders tell of a disk that fails as of a picture that is wrong.
        match (decoded, failed) {
            (Err(_), Some(error)) => Err(Error::Read(error)),
            (decoded, _) => decoded,
        }
    }

    /// Width and height, upright.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        use image::metadata::Orientation as To;
        let (width, height) = (self.pixels.width(), self.pixels.height());
        match self.orientation {
            To::Rotate90 | To::Rotate270 | To::Rotate90FlipH | To::Rotate270FlipH => {
                (height, width)
            }
            _ => (width, height),
        }
    }

    /// The pixels as they are in the file, not turned: eight or sixteen bits a channel.
    #[must_use]
    pub const fn pixels(&self) -> &DynamicImage {
        &self.pixels
    }
}

fn decode<R: Read + Seek + io::BufRead>(
    format: Format,
    file: R,
    limits: &Limits,
) -> Result<Picture, Error> {
    match format {
        Format::Jpeg => read(JpegDecoder::new(file).map_err(of_decoder)?, limits),
        Format::Png => {
            // Until the size is known, which is checked below.
            let decoder = PngDecoder::with_limits(file, decoder_limits(limits));
            read(decoder.map_err(of_decoder)?, limits)
        }
        Format::Gif => read(GifDecoder::new(file).map_err(of_decoder)?, limits),
        Format::WebP => read(WebPDecoder::new(file).map_err(of_decoder)?, limits),
        _ => Err(Error::Unsupported),
    }
}

fn decoder_limits(limits: &Limits) -> image::Limits {
    let mut given = image::Limits::default();
    given.max_image_width = Some(limits.side);
    given.max_image_height = Some(limits.side);
    given.max_alloc = Some(limits.decoded_bytes);
    given
}

fn read(mut decoder: impl ImageDecoder, limits: &Limits) -> Result<Picture, Error> {
    let (width, height) = decoder.dimensions();
    limits.check_pixels(width, height)?;
    if decoder.total_bytes() > limits.decoded_bytes {
        return Err(Error::TooManyPixels { width, height });
    }
    decoder
        .set_limits(decoder_limits(limits))
        .map_err(of_decoder)?;
    let profile = decoder
        .icc_profile()
        .ok()
        .flatten()
        .filter(|profile| is_rgb(profile));
    let exif = decoder.exif_metadata().ok().flatten();
    let pixels = DynamicImage::from_decoder(decoder).map_err(of_decoder)?;
    Ok(Picture {
        pixels,
        orientation: orientation::apply(exif.as_deref().and_then(orientation::read)),
        profile,
    })
}

/// ICC.1:2022 section 7.2: the colours it is about stand at 16, a signature at 36. Pixels come out as red, green and
/// blue, so that a profile of inks, or of grey, says nothing true of them.
fn is_rgb(profile: &[u8]) -> bool {
    profile.len() <= LARGEST_PROFILE
        && profile.get(16..20) == Some(b"RGB ".as_slice())
        && profile.get(36..40) == Some(b"acsp".as_slice())
}

fn of_decoder(error: ImageError) -> Error {
    match error {
        ImageError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Error::Truncated
        }
        ImageError::Limits(_) => Error::Malformed("more memory than a picture of this size takes"),
        ImageError::Unsupported(_) => Error::Malformed("a variant that nobody shows"),
        _ => Error::Malformed("the picture cannot be decoded"),
    }
}

/// Remembers what the disk said.
struct Watched<'a, R> {
    file: R,
    failed: &'a mut Option<io::Error>,
}

impl<R> Watched<'_, R> {
    fn watch<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        done.map_err(|error| {
            // What decoders ask in vain, and what is only to be tried again, is not the disk's.
            use io::ErrorKind::{Interrupted, InvalidInput, UnexpectedEof};
            let kind = error.kind();
            if !matches!(kind, Interrupted | InvalidInput | UnexpectedEof) {
                *self.failed = Some(error);
            }
            kind.into()
        })
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let done = self.file.read(bytes);
        self.watch(done)
    }
}

impl<R: Seek> Seek for Watched<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let done = self.file.seek(to);
        self.watch(done)
    }
}
