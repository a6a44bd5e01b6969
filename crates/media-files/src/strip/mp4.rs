//! MP4 and MOV: ISO 14496-12, and Apple's `QuickTime` File Format.
//!
//! Offsets in the file lead to the samples, so that nothing changes its place: what goes becomes zeros.

mod atom;
mod fragment;
mod keep;
mod ranges;
mod table;
mod track;

use std::io::{Read, Seek};
use std::time::Duration;

use atom::Atom;
use fragment::{Defaults, Played};
use ranges::Ranges;
use track::Track;

use super::Stripped;
use crate::error::Error;
use crate::limits::Limits;
use crate::plan::Plan;
use crate::source::Source;

/// A picture, some languages, some captions.
const MOST_TRACKS: usize = 64;

/// Names of what the file is compatible with.
const LARGEST_BRANDS: u64 = 1024;

/// Where media are; a file in fragments has one for each.
const MOST_MEDIA: usize = 100_000;

/// In no other: a fragment of a second has three.
const MOST_ATOMS: usize = 400_000;

#[derive(Default)]
struct Movie {
    tracks: Vec<Track>,
    defaults: Vec<Defaults>,
    /// Of the whole, in units of its own: how many, and how many there are in a second.
    duration: u64,
    timescale: u32,
}

pub(super) fn strip<R: Read + Seek>(
    source: &mut Source<R>,
    limits: &Limits,
) -> Result<Stripped, Error> {
    let mut movie: Option<Movie> = None;
    let mut media = Vec::new();
    let mut has_fragments = false;
    let end = each_of_file(source, |source, atom| {
        match &atom.kind {
            b"moov" if movie.is_some() => return Err(Error::Malformed("a file of two movies")),
            b"moov" => movie = Some(Movie::read(source, atom, limits)?),
            b"mdat" if media.len() >= MOST_MEDIA => return Err(Error::TooIntricate),
            b"mdat" => media.push(*atom),
            b"moof" => has_fragments = true,
            _ => {}
        }
        Ok(())
    })?;
    let mut movie = movie.ok_or(Error::Malformed("a file without a movie"))?;
    let size = movie
        .tracks
        .iter()
        .find(|track| track.is_video())
        .map(|track| track.size);
    let size = size.ok_or(Error::NoPicture)?;
    let mut ranges = Ranges::new(limits);
    for track in &mut movie.tracks {
        track.ranges(source, &mut ranges)?;
    }
    let mut played = Vec::new();
    if has_fragments {
        each_of_file(source, |source, atom| match &atom.kind {
            b"moof" => {
                let known = (movie.tracks.as_slice(), movie.defaults.as_slice());
                fragment::read(source, atom, known, &mut ranges, &mut played)
            }
            _ => Ok(()),
        })?;
    }
    let duration = movie.duration(source, &played, limits)?;
    let ranges = ranges.settle(&media, source.end())?;
    let plan = plan(source, end, &movie, &ranges, limits)?;
    Ok(Stripped {
        plan,
        size: Some(size),
        duration: Some(duration),
    })
}

/// Looks at the atoms of the file, and answers where they end: what is behind the last one is none.
fn each_of_file<R: Read + Seek>(
    source: &mut Source<R>,
    mut take: impl FnMut(&mut Source<R>, &Atom) -> Result<(), Error>,
) -> Result<u64, Error> {
    let mut at = 0;
    let mut count = 0;
    while source.end() - at >= 8 {
        count += 1;
        if count > MOST_ATOMS {
            return Err(Error::TooIntricate);
        }
        source.seek(at)?;
        let atom = match Atom::claimed(source, source.end()) {
            Err(Error::Malformed(_) | Error::Truncated) => break,
            atom => atom?,
        };
        if atom.end > source.end() {
            if matches!(&atom.kind, b"ftyp" | b"moov" | b"mdat" | b"moof") {
                return Err(Error::Truncated);
            }
            break;
        }
        take(source, &atom)?;
        at = atom.end;
    }
    Ok(at)
}

impl Movie {
    fn read<R: Read + Seek>(
        source: &mut Source<R>,
        moov: &Atom,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let mut movie = Self::default();
        moov.each(source, |source, child| {
            match &child.kind {
                b"mvhd" => {
                    let long = source.u8()? == 1;
                    source.seek(child.content + if long { 20 } else { 12 })?;
                    movie.timescale = source.be32()?;
                    let duration = if long {
                        source.be64()?
                    } else {
                        source.be32()?.into()
                    };
                    let unknown = if long { u64::MAX } else { u32::MAX.into() };
                    movie.duration = if duration == unknown { 0 } else { duration };
                }
                b"trak" if movie.tracks.len() >= MOST_TRACKS => return Err(Error::TooIntricate),
                b"trak" => movie.tracks.push(Track::read(source, child, limits)?),
                b"mvex" => child.each(source, |source, child| {
                    if child.kind == *b"trex" && movie.defaults.len() < MOST_TRACKS {
                        movie.defaults.push(Defaults::read(source)?);
                    }
                    Ok(())
                })?,
                b"cmov" => return Err(Error::Malformed("a movie that is compressed once more")),
                _ => {}
            }
            Ok(())
        })?;
        Ok(movie)
    }

    /// What the movie says, which may be less than its samples if some of them are cut off. None of both may be too
    /// long: whoever lies is held to what would be played.
    fn duration<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        played: &[Played],
        limits: &Limits,
    ) -> Result<Duration, Error> {
        let mut longest = Duration::ZERO;
        for track in self.tracks.iter_mut().filter(|track| track.is_kept()) {
            let fragments = played.iter().find(|played| played.track == track.id);
            let units = track.duration(source)?;
            let units = units.saturating_add(fragments.map_or(0, |played| played.duration));
            if units > 0 {
                longest = longest.max(limits.check_duration(units, track.timescale.into())?);
            }
        }
        if self.duration > 0 {
            let said = limits.check_duration(self.duration, self.timescale.into())?;
            return if longest.is_zero() {
                Err(Error::NoDuration)
            } else {
                Ok(said)
            };
        }
        if longest.is_zero() {
            Err(Error::NoDuration)
        } else {
            Ok(longest)
        }
    }
}

fn plan<R: Read + Seek>(
    source: &mut Source<R>,
    end: u64,
    movie: &Movie,
    ranges: &[(u64, u64)],
    limits: &Limits,
) -> Result<Plan, Error> {
    let mut plan = Plan::new(limits);
    // What goes before anything that stays: at the end of the file there is nothing to keep in its place.
    let mut gone = 0;
    each_of_file(source, |source, atom| {
        let is_brands = matches!(&atom.kind, b"ftyp" | b"styp") && atom.length() <= LARGEST_BRANDS;
        let is_kept =
            is_brands || matches!(&atom.kind, b"moov" | b"moof" | b"mdat" | b"sidx" | b"mfra");
        if !is_kept || atom.end > end {
            return Ok(());
        }
        if gone < atom.start {
            atom::free(gone, atom.start, &mut plan)?;
        }
        gone = atom.end;
        match &atom.kind {
            b"moov" => keep::movie(source, atom, &movie.tracks, &mut plan),
            b"moof" => keep::fragment(source, atom, &movie.tracks, &mut plan),
            b"mdat" => ranges::keep(atom, ranges, &mut plan),
            _ => atom.keep(&mut plan),
        }
    })?;
    Ok(plan)
}
