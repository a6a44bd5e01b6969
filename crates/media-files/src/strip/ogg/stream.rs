//! One sound of an OGG: its headers are written anew without comments, its sound is kept page by page.

use std::time::Duration;

use super::page::Page;
use crate::error::Error;
use crate::limits::Limits;
use crate::plan::Plan;

/// The codebooks of a Vorbis have a few thousand bytes.
const LARGEST_SETUP: usize = 1 << 20;

/// Comments may have a picture in them; they are passed over, and end somewhere.
const LONGEST_COMMENTS: u64 = 64 << 20;

/// Opus always counts 48,000 samples a second: RFC 7845 section 4.
const OPUS_RATE: u64 = 48_000;

const EMPTY_VORBIS: &[u8] = b"\x03vorbis\0\0\0\0\0\0\0\0\x01";
const EMPTY_OPUS: &[u8] = b"OpusTags\0\0\0\0\0\0\0\0";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codec {
    Vorbis,
    Opus,
}

#[derive(Debug)]
pub(super) struct Stream {
    codec: Codec,
    serial: u32,
    rate: u64,
    /// Samples before the sound begins.
    ahead: u64,
    /// Of the page to be written next.
    number: u32,
    headers: Option<Headers>,
    first: Option<u64>,
    last: Option<u64>,
    is_over: bool,
}

/// The packets before the sound, as far as they have come.
#[derive(Debug, Default)]
struct Headers {
    comments: u64,
    is_commented: bool,
    /// The beginning of the comments, which names them.
    magic: Vec<u8>,
    setup: Vec<u8>,
}

impl Stream {
    /// Reads the packet that a stream begins with; it has its page for itself.
    pub(super) fn begin(page: &Page, packet: &[u8]) -> Result<Self, Error> {
        let unknown = Error::Malformed("an OGG of something else than Vorbis or Opus");
        let is_whole = page.lacing.len() == 1 && !page.is_continued();
        let (codec, rate, ahead) = match packet {
            [
                1,
                b'v',
                b'o',
                b'r',
                b'b',
                b'i',
                b's',
                0,
                0,
                0,
                0,
                channels,
                a,
                b,
                c,
                d,
                ..,
            ] if packet.len() == 30 && *channels > 0 => (
                Codec::Vorbis,
                u32::from_le_bytes([*a, *b, *c, *d]).into(),
                0,
            ),
            [
                b'O',
                b'p',
                b'u',
                b's',
                b'H',
                b'e',
                b'a',
                b'd',
                version,
                channels,
                low,
                high,
                ..,
            ] if packet.len() >= 19 && version & 0xf0 == 0 && *channels > 0 => (
                Codec::Opus,
                OPUS_RATE,
                u16::from_le_bytes([*low, *high]).into(),
            ),
            _ => return Err(unknown),
        };
        if !is_whole || rate == 0 {
            return Err(Error::Malformed("an OGG with a damaged beginning"));
        }
        Ok(Self {
            codec,
            serial: page.serial,
            rate,
            ahead,
            number: 0,
            headers: None,
            first: None,
            last: None,
            is_over: false,
        })
    }

    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Takes the next page.
    pub(super) fn page(
        &mut self,
        page: &Page,
        body: &mut [u8],
        plan: &mut Plan,
    ) -> Result<(), Error> {
        if page.serial != self.serial || self.is_over {
            return Err(Error::Malformed("OGG pages of several sounds at once"));
        }
        self.is_over = page.ends();
        if page.begins() {
            self.headers = Some(Headers::default());
            return self.keep(page, body, plan);
        }
        if let Some(mut headers) = self.headers.take() {
            if headers.page(self.codec, page, body)? {
                return self.put_headers(&headers, plan);
            }
            self.headers = Some(headers);
            return Ok(());
        }
        if let Some(samples) = page.samples() {
            self.first = self.first.or(Some(samples));
            self.last = Some(samples);
        }
        self.keep(page, body, plan)
    }

    fn keep(&mut self, page: &Page, body: &[u8], plan: &mut Plan) -> Result<(), Error> {
        page.clone().keep(self.number, body, plan)?;
        self.number += 1;
        Ok(())
    }

    fn put_headers(&mut self, headers: &Headers, plan: &mut Plan) -> Result<(), Error> {
        let packets: &[&[u8]] = match self.codec {
            Codec::Vorbis => &[EMPTY_VORBIS, &headers.setup],
            Codec::Opus => &[EMPTY_OPUS],
        };
        let lacing: Vec<u8> = packets
            .iter()
            .flat_map(|packet| lacing(packet.len()))
            .collect();
        let bytes = packets.concat();
        let mut rest = bytes.as_slice();
        let mut continued = false;
        for lacing in lacing.chunks(255) {
            let length: usize = lacing.iter().copied().map(usize::from).sum();
            let (body, later) = rest.split_at(length.min(rest.len()));
            let mut page = Page::of_headers(self.serial, self.number, lacing.to_vec(), continued);
            continued = lacing.last() == Some(&255);
            if lacing.iter().all(|length| *length == 255) {
                page.granule = u64::MAX;
            }
            page.put(body, plan)?;
            self.number += 1;
            rest = later;
        }
        Ok(())
    }

    /// How long it plays: from where it was tuned in, if it is cut out of something longer.
    pub(super) fn duration(&self, limits: &Limits) -> Result<Duration, Error> {
        let (Some(first), Some(last)) = (self.first, self.last) else {
            return Err(Error::NoDuration);
        };
        let from = if first > limits.duration.as_secs().saturating_mul(self.rate) {
            first
        } else {
            self.ahead
        };
        limits.check_duration(last.saturating_sub(from), self.rate)
    }
}

/// How the length of a packet is written.
fn lacing(length: usize) -> impl Iterator<Item = u8> {
    let last = u8::try_from(length % 255).unwrap_or(0);
    std::iter::repeat_n(255, length / 255).chain([last])
}

impl Headers {
    /// Takes a page, and says whether all headers have come.
    fn page(&mut self, codec: Codec, page: &Page, body: &[u8]) -> Result<bool, Error> {
        let mut rest = body;
        let mut segments = page.lacing.iter();
        for length in segments.by_ref() {
            let (now, later) = rest.split_at(usize::from(*length).min(rest.len()));
            rest = later;
            let is_last = *length < 255;
            if self.is_commented {
                self.setup.extend_from_slice(now);
                if self.setup.len() > LARGEST_SETUP {
                    return Err(Error::TooIntricate);
                }
            } else {
                self.comment(now, is_last, codec)?;
            }
            if is_last && self.is_complete(codec)? {
                break;
            }
        }
        let is_complete = self.is_commented && self.is_complete(codec)?;
        // Sound begins on a page of its own, so that headers can be exchanged without touching it.
        if segments.next().is_some() {
            return Err(Error::Malformed(
                "an OGG whose sound begins among its headers",
            ));
        }
        Ok(is_complete && page.lacing.last().is_some_and(|last| *last < 255))
    }

    fn comment(&mut self, part: &[u8], is_last: bool, codec: Codec) -> Result<(), Error> {
        self.comments += part.len() as u64;
        let magic: &[u8] = match codec {
            Codec::Vorbis => b"\x03vorbis",
            Codec::Opus => b"OpusTags",
        };
        let missing = magic.len() - self.magic.len();
        self.magic.extend(part.iter().take(missing));
        self.is_commented = is_last;
        if self.comments > LONGEST_COMMENTS || (is_last && self.magic != magic) {
            return Err(Error::Malformed(
                "an OGG without comments where they must be",
            ));
        }
        Ok(())
    }

    /// After a packet has ended.
    fn is_complete(&self, codec: Codec) -> Result<bool, Error> {
        match codec {
            Codec::Opus => Ok(self.is_commented),
            Codec::Vorbis if self.setup.is_empty() => Ok(false),
            Codec::Vorbis if self.setup.starts_with(b"\x05vorbis") => Ok(true),
            Codec::Vorbis => Err(Error::Malformed("a Vorbis without codebooks")),
        }
    }
}
