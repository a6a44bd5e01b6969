//! Movies in fragments: ISO 14496-12 section 8.8.

use std::io::{Read, Seek};

use super::atom::Atom;
use super::ranges::Ranges;
use super::track::Track;
use crate::error::Error;
use crate::source::Source;

/// What holds for samples that say nothing themselves, of one track.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Defaults {
    pub(super) track: u32,
    duration: u32,
    size: u32,
}

impl Defaults {
    pub(super) fn read<R: Read + Seek>(source: &mut Source<R>) -> Result<Self, Error> {
        let _version = source.be32()?;
        let track = source.be32()?;
        let _description = source.be32()?;
        Ok(Self {
            track,
            duration: source.be32()?,
            size: source.be32()?,
        })
    }
}

/// How long the fragments of a track play, in its units.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Played {
    pub(super) track: u32,
    pub(super) duration: u64,
}

/// Of one fragment of one track.
struct Run<'a> {
    track: &'a Track,
    defaults: Defaults,
    base: u64,
    /// Where the next samples begin if they do not say it.
    at: u64,
}

/// Looks where the samples of a fragment are.
pub(super) fn read<R: Read + Seek>(
    source: &mut Source<R>,
    moof: &Atom,
    (tracks, defaults): (&[Track], &[Defaults]),
    ranges: &mut Ranges,
    played: &mut Vec<Played>,
) -> Result<(), Error> {
    let mut end_of_last = moof.start;
    let mut is_first = true;
    moof.each(source, |source, traf| {
        if traf.kind != *b"traf" {
            return Ok(());
        }
        let mut run: Option<Run<'_>> = None;
        let mut implicit = false;
        traf.each(source, |source, child| {
            match (&child.kind, run.as_mut()) {
                (b"tfhd", None) => {
                    let (begun, is_implicit) =
                        header(source, moof, (tracks, defaults), end_of_last)?;
                    implicit = is_implicit;
                    run = Some(begun);
                }
                (b"trun", Some(run)) => samples(source, child, run, ranges, played)?,
                _ => {}
            }
            Ok(())
        })?;
        let Some(run) = run else {
            return Err(Error::Malformed("a fragment of no track"));
        };
        // Whoever comes after would count from a fragment that is gone.
        if implicit && !(is_first && run.track.is_kept()) {
            return Err(Error::Malformed(
                "a fragment that does not say where it begins",
            ));
        }
        is_first = false;
        end_of_last = run.at;
        Ok(())
    })
}

/// The track of a fragment, if it is one of the movie.
pub(super) fn track_of<'a, R: Read + Seek>(
    source: &mut Source<R>,
    traf: &Atom,
    tracks: &'a [Track],
) -> Result<Option<&'a Track>, Error> {
    let mut found = None;
    traf.each(source, |source, child| {
        if child.kind == *b"tfhd" {
            let _flags = source.be32()?;
            let id = source.be32()?;
            found = tracks.iter().find(|track| track.id == id);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Section 8.8.7; and whether it leaves open where it begins.
fn header<'a, R: Read + Seek>(
    source: &mut Source<R>,
    moof: &Atom,
    (tracks, defaults): (&'a [Track], &[Defaults]),
    end_of_last: u64,
) -> Result<(Run<'a>, bool), Error> {
    let flags = source.be32()?;
    let id = source.be32()?;
    let track = tracks.iter().find(|track| track.id == id);
    let track = track.ok_or(Error::Malformed("a fragment of a track that is not there"))?;
    let defaults = defaults.iter().find(|defaults| defaults.track == id);
    let mut defaults = defaults.copied().unwrap_or_default();
    let (base, implicit) = match flags {
        flags if flags & 1 != 0 => (source.be64()?, false),
        flags if flags & 0x2_0000 != 0 => (moof.start, false),
        _ => (end_of_last, end_of_last != moof.start),
    };
    if flags & 2 != 0 {
        source.skip(4)?;
    }
    if flags & 8 != 0 {
        defaults.duration = source.be32()?;
    }
    if flags & 0x10 != 0 {
        defaults.size = source.be32()?;
    }
    let run = Run {
        track,
        defaults,
        base,
        at: base,
    };
    Ok((run, implicit))
}

/// Section 8.8.8.
fn samples<R: Read + Seek>(
    source: &mut Source<R>,
    trun: &Atom,
    run: &mut Run<'_>,
    ranges: &mut Ranges,
    played: &mut Vec<Played>,
) -> Result<(), Error> {
    let flags = source.be32()?;
    let count = u64::from(source.be32()?);
    if flags & 1 != 0 {
        let offset = i64::from(source.be32()?.cast_signed());
        run.at = run
            .base
            .checked_add_signed(offset)
            .ok_or(Error::Truncated)?;
    }
    if flags & 4 != 0 {
        source.skip(4)?;
    }
    let [has_duration, has_size, has_flags, has_shift] =
        [0x100, 0x200, 0x400, 0x800].map(|flag| flags & flag != 0);
    let width = [has_duration, has_size, has_flags, has_shift]
        .iter()
        .filter(|has| **has)
        .count() as u64
        * 4;
    if source.at() + count * width > trun.end {
        return Err(Error::Malformed(
            "a fragment with more samples than it has room for",
        ));
    }
    let mut duration = u64::from(run.defaults.duration) * count;
    let mut length = u64::from(run.defaults.size) * count;
    if width > 0 && (has_duration || has_size) {
        duration = if has_duration { 0 } else { duration };
        length = if has_size { 0 } else { length };
        for _ in 0..count {
            duration += if has_duration {
                source.be32()?.into()
            } else {
                0_u64
            };
            length += if has_size {
                source.be32()?.into()
            } else {
                0_u64
            };
            source.skip(if has_flags { 4 } else { 0 } + if has_shift { 4 } else { 0 })?;
        }
    }
    if run.track.is_kept() {
        ranges.add(run.at, length)?;
    } else {
        ranges.add_end(run.at)?;
    }
    run.at = run.at.checked_add(length).ok_or(Error::Truncated)?;
    match played
        .iter_mut()
        .find(|played| played.track == run.track.id)
    {
        Some(played) => played.duration = played.duration.saturating_add(duration),
        None => played.push(Played {
            track: run.track.id,
            duration,
        }),
    }
    Ok(())
}
