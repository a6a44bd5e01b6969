//! WAV: the multimedia programming interface of 1991, and RFC 2361 for what is in `fmt `.

use std::io::{Read, Seek};

use super::Stripped;
use super::riff::{self, Chunk};
use crate::error::Error;
use crate::limits::Limits;
use crate::plan::Plan;
use crate::source::Source;

/// With the extension there are forty bytes; no codec has many more.
const LARGEST_FORMAT: u64 = 256;

/// What a program writes that does not know how long it will be, and cannot come back to say it.
const UNKNOWN: u64 = 0xffff_ffff;

struct Sound {
    format: Chunk,
    bytes_per_second: u64,
    fact: Option<Chunk>,
}

pub(super) fn strip<R: Read + Seek>(
    source: &mut Source<R>,
    limits: &Limits,
) -> Result<Stripped, Error> {
    let riff = Chunk::claimed(source)?;
    if riff.kind != *b"RIFF" || source.array()? != *b"WAVE" {
        return Err(Error::Malformed("no WAV"));
    }
    let end = match riff.content + riff.length {
        end if end <= source.end() => end,
        _ if riff.length == UNKNOWN => source.end(),
        _ => return Err(Error::Truncated),
    };
    let mut sound = None;
    let mut fact = None;
    loop {
        let mut chunk = Chunk::claimed(source)?;
        if chunk.kind == *b"data" && chunk.length == UNKNOWN {
            chunk.length = end - chunk.content.min(end);
        }
        if chunk.content + chunk.length > end {
            return Err(Error::Truncated);
        }
        match &chunk.kind {
            b"fmt " if sound.is_none() => sound = Some(read(source, chunk)?),
            b"fact" if chunk.length == 4 => {
                source.seek(chunk.end)?;
                fact = Some(chunk);
            }
            b"data" => {
                let Some(mut sound) = sound else {
                    return Err(Error::Malformed("sound before its format"));
                };
                sound.fact = fact;
                return keep(&sound, &chunk, limits);
            }
            _ => source.seek(chunk.end)?,
        }
    }
}

fn read<R: Read + Seek>(source: &mut Source<R>, format: Chunk) -> Result<Sound, Error> {
    if !(16..=LARGEST_FORMAT).contains(&format.length) {
        return Err(Error::Malformed("a WAV format of another length"));
    }
    let [
        _,
        _,
        channels,
        more,
        rate @ ..,
        a,
        b,
        c,
        d,
        block,
        blocks,
        _,
        _,
    ] = source.array::<16>()?;
    let bytes_per_second = u32::from_le_bytes([a, b, c, d]);
    if (channels, more) == (0, 0)
        || rate == [0; 4]
        || bytes_per_second == 0
        || (block, blocks) == (0, 0)
    {
        return Err(Error::Malformed("a WAV format of nothing"));
    }
    source.seek(format.end)?;
    Ok(Sound {
        format,
        bytes_per_second: bytes_per_second.into(),
        fact: None,
    })
}

/// Format, its companion and samples; what stands behind the samples stays behind.
fn keep(sound: &Sound, data: &Chunk, limits: &Limits) -> Result<Stripped, Error> {
    let duration = limits.check_duration(data.length, sound.bytes_per_second)?;
    let mut chunks = Plan::new(limits);
    let fill = |plan: &mut Plan| {
        sound.format.keep(plan)?;
        if let Some(fact) = &sound.fact {
            fact.keep(plan)?;
        }
        plan.put(b"data")?;
        plan.put(&riff::length(data.length)?)?;
        plan.keep(data.content, data.length)?;
        plan.zeros(data.length % 2)
    };
    fill(&mut chunks)?;
    let mut plan = Plan::new(limits);
    riff::begin(&mut plan, *b"WAVE", chunks.length())?;
    fill(&mut plan)?;
    Ok(Stripped::sound(plan, duration))
}
