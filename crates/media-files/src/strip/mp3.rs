//! MP3: frames stay, and nothing else, whatever kind of tag it is.

use std::io::{Read, Seek};

use super::Stripped;
use crate::error::Error;
use crate::limits::Limits;
use crate::mpeg::{Frame, id3_length};
use crate::plan::Plan;
use crate::source::Source;

/// Of the oldest ID3 tag, and of what may stand before it.
const ID3V1: u64 = 128;
const ENHANCED: u64 = 227;
/// Of the header and the footer of an APE tag, each.
const APE: u64 = 32;

pub(super) fn strip<R: Read + Seek>(
    source: &mut Source<R>,
    limits: &Limits,
) -> Result<Stripped, Error> {
    let end = end_of_frames(source)?;
    source.seek(0)?;
    let mut plan = Plan::new(limits);
    let mut samples = 0;
    let mut before: Option<Frame> = None;
    while let Some((at, frame)) = next(source, end, before)? {
        plan.keep(at, frame.bytes.into())?;
        if before.is_some() || !is_table(source, at)? {
            samples += u64::from(frame.samples);
        }
        before = Some(frame);
        source.seek(at + u64::from(frame.bytes))?;
    }
    let Some(frame) = before else {
        return Err(Error::Malformed("an MP3 without sound"));
    };
    let duration = limits.check_duration(samples, frame.rate.into())?;
    Ok(Stripped::sound(plan, duration))
}

/// Whether the first frame is none that is heard, but says where the others are; behind the header is first what stereo
/// needs, of a length that depends on the version.
fn is_table<R: Read + Seek>(source: &mut Source<R>, at: u64) -> Result<bool, Error> {
    source.seek(at)?;
    let length = source.left().min(40);
    let head = source.vec(length, 40)?;
    let magic = [13, 21, 36].map(|at| head.get(at..at + 4));
    Ok(magic
        .iter()
        .flatten()
        .any(|magic| [b"Xing", b"Info"].iter().any(|table| magic == table)))
}

/// Before the tags that stand at the end, in whatever order and number.
fn end_of_frames<R: Read + Seek>(source: &mut Source<R>) -> Result<u64, Error> {
    let mut end = source.end();
    loop {
        let before = end;
        if before_end(source, end, ID3V1, *b"TAG")? {
            end -= ID3V1;
            if before_end(source, end, ENHANCED, *b"TAG+")? {
                end -= ENHANCED;
            }
        } else if before_end(source, end, APE, *b"APETAGEX")? {
            let [_, _, _, _, a, b, c, d, _, _, _, _, _, _, _, flags] = source.array::<16>()?;
            // The length is that of the items and this footer.
            let header = if flags & 0x80 == 0 { 0 } else { APE };
            let length = u64::from(u32::from_le_bytes([a, b, c, d])) + header;
            end = end.saturating_sub(length.max(APE));
        } else if before_end(source, end, 9, *b"LYRICS200")? {
            source.seek(end.saturating_sub(15))?;
            let digits = source.array::<6>()?;
            let length = digits.iter().fold(0, |length, digit| {
                length * 10 + u64::from(digit.wrapping_sub(b'0'))
            });
            end = end.saturating_sub(15 + length);
        }
        if end == before {
            return Ok(end);
        }
    }
}

/// Whether these bytes begin so far before the end; then what follows them is next.
fn before_end<R: Read + Seek, const N: usize>(
    source: &mut Source<R>,
    end: u64,
    length: u64,
    magic: [u8; N],
) -> Result<bool, Error> {
    let Some(at) = end.checked_sub(length) else {
        return Ok(false);
    };
    source.seek(at)?;
    Ok(source.array()? == magic)
}

/// The next frame from here on, beyond tags and whatever is no frame.
fn next<R: Read + Seek>(
    source: &mut Source<R>,
    end: u64,
    before: Option<Frame>,
) -> Result<Option<(u64, Frame)>, Error> {
    let mut in_step = before.is_some();
    loop {
        let at = source.at();
        if at + 4 > end {
            return Ok(None);
        }
        let header = source.array::<4>()?;
        if header.starts_with(b"ID3") && at + 10 <= end {
            let [first, second, third, fourth] = header;
            let [a, b, c, d, e, f] = source.array::<6>()?;
            if let Some(length) = id3_length([first, second, third, fourth, a, b, c, d, e, f]) {
                if at + length >= end {
                    return Ok(None);
                }
                source.seek(at + length)?;
                continue;
            }
        }
        if let Some(frame) = frame(source, at, end, header, before, in_step)? {
            return Ok(Some((at, frame)));
        }
        in_step = false;
        source.seek(at + 1)?;
    }
}

/// A frame, if it is whole, belongs to those before it and, where it does not follow on one, has one after it: four
/// bytes that look like a header are found anywhere.
fn frame<R: Read + Seek>(
    source: &mut Source<R>,
    at: u64,
    end: u64,
    header: [u8; 4],
    before: Option<Frame>,
    in_step: bool,
) -> Result<Option<Frame>, Error> {
    let Some(frame) = Frame::read(header) else {
        return Ok(None);
    };
    let next = at + u64::from(frame.bytes);
    if next > end || before.is_some_and(|before| !before.goes_on(frame)) {
        return Ok(None);
    }
    if in_step || next == end {
        return Ok(Some(frame));
    }
    if next + 4 > end {
        return Ok(None);
    }
    source.seek(next)?;
    let follows = Frame::read(source.array()?).is_some_and(|next| frame.goes_on(next));
    Ok(follows.then_some(frame))
}
