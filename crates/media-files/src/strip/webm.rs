//! `WebM`: RFC 9559 and the list of what of it `WebM` has.
//!
//! Offsets lead from one element to another, so that nothing changes its place: what goes becomes a `Void`.

mod element;
mod ids;
mod track;

use std::io::{Read, Seek};

use element::Element;
use track::Track;

use super::Stripped;
use crate::error::Error;
use crate::limits::Limits;
use crate::plan::Plan;
use crate::source::Source;

/// A picture, some languages.
const MOST_TRACKS: usize = 64;

/// As deep as anything known is in something known, and not deeper.
const DEEPEST: u32 = 8;

const NANOSECONDS: u64 = 1_000_000_000;

struct Walk {
    plan: Plan,
    tracks: Vec<Track>,
    /// Nanoseconds of a unit of time.
    scale: u64,
    /// What the file says, in units.
    duration: Option<f64>,
    /// When the last frame ends, in units and what comes to it in nanoseconds.
    last: (u64, u64),
    /// Whether any frame has come.
    any: bool,
}

pub(super) fn strip<R: Read + Seek>(
    source: &mut Source<R>,
    limits: &Limits,
) -> Result<Stripped, Error> {
    let mut walk = Walk {
        plan: Plan::new(limits),
        tracks: Vec::new(),
        scale: 1_000_000,
        duration: None,
        last: (0, 0),
        any: false,
    };
    let head = Element::next(source, source.end())?;
    if head.id != ids::EBML {
        return Err(Error::Malformed("no WebM"));
    }
    walk.keep_known(source, &head, 0)?;
    source.seek(head.ends()?)?;
    let segment = Element::next(source, source.end())?;
    if segment.id != ids::SEGMENT {
        return Err(Error::Malformed("a WebM without its segment"));
    }
    segment.keep_header(&mut walk.plan)?;
    // What follows the segment stays behind.
    let end = segment.end.unwrap_or(source.end());
    source.seek(segment.content)?;
    while source.at() < end {
        walk.top_level(source, end)?;
    }
    walk.finish(limits)
}

impl Walk {
    fn top_level<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        limit: u64,
    ) -> Result<(), Error> {
        let element = Element::next(source, limit)?;
        match element.id {
            ids::CLUSTER => return self.cluster(source, &element, limit),
            ids::SEEK_HEAD => {
                element.keep_header(&mut self.plan)?;
                element.each(source, |source, child| self.seek_entry(source, child))?;
            }
            ids::INFO | ids::TRACKS | ids::CUES => self.keep_known(source, &element, 0)?,
            _ => element.void(&mut self.plan)?,
        }
        source.seek(element.ends()?)
    }

    /// An entry that leads to what is still there.
    fn seek_entry<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        entry: &Element,
    ) -> Result<(), Error> {
        let mut leads_to = 0;
        if entry.id == ids::SEEK {
            entry.each(source, |source, child| {
                if child.id == ids::SEEK_ID {
                    leads_to = child.unsigned(source)?;
                }
                Ok(())
            })?;
        }
        let stays = [
            ids::SEEK_HEAD,
            ids::INFO,
            ids::TRACKS,
            ids::CUES,
            ids::CLUSTER,
        ];
        if stays.iter().any(|id| u64::from(*id) == leads_to) {
            return entry.keep(&mut self.plan);
        }
        entry.void(&mut self.plan)
    }

    /// Keeps of an element what is known.
    fn keep_known<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        element: &Element,
        depth: u32,
    ) -> Result<(), Error> {
        if depth > DEEPEST {
            return Err(Error::Malformed("elements in elements without an end"));
        }
        element.keep_header(&mut self.plan)?;
        element.each(source, |source, child| {
            match child.id {
                ids::TRACK_ENTRY => return self.track(source, child, depth),
                // There must be one of each, and nobody looks at it.
                ids::MUXING_APP | ids::WRITING_APP => {
                    child.keep_header(&mut self.plan)?;
                    return self.plan.zeros(child.ends()? - child.content);
                }
                ids::TIMESTAMP_SCALE => self.scale = child.unsigned(source)?.max(1),
                ids::DURATION => self.duration = Some(child.float(source)?),
                id if ids::is_master(id) => return self.keep_known(source, child, depth + 1),
                _ => {}
            }
            if ids::is_kept(child.id) {
                child.keep(&mut self.plan)
            } else {
                child.void(&mut self.plan)
            }
        })
    }

    fn track<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        entry: &Element,
        depth: u32,
    ) -> Result<(), Error> {
        if self.tracks.len() >= MOST_TRACKS {
            return Err(Error::TooIntricate);
        }
        let track = Track::read(source, entry)?;
        let (is_kept, is_vorbis) = (track.is_kept(), track.is_vorbis);
        self.tracks.push(track);
        if !is_kept {
            return entry.void(&mut self.plan);
        }
        entry.keep_header(&mut self.plan)?;
        entry.each(source, |source, child| match child.id {
            ids::CODEC_PRIVATE if is_vorbis => self.without_comments(source, child),
            ids::CODEC_PRIVATE => child.keep(&mut self.plan),
            id if ids::is_master(id) => self.keep_known(source, child, depth + 1),
            id if ids::is_kept(id) => child.keep(&mut self.plan),
            _ => child.void(&mut self.plan),
        })
    }

    /// Vorbis has its comments among what sets it up: in their place stands a maker without a name, as long as they
    /// were.
    fn without_comments<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        private: &Element,
    ) -> Result<(), Error> {
        let (from, to) = track::vorbis_comments(source, private)?;
        let name = to - from - 16;
        self.plan.keep(private.start, from - private.start)?;
        self.plan.put(b"\x03vorbis")?;
        self.plan.put(
            &u32::try_from(name)
                .map_err(|_| Error::TooIntricate)?
                .to_le_bytes(),
        )?;
        self.plan.zeros(name)?;
        self.plan.put(b"\0\0\0\0\x01")?;
        self.plan.keep(to, private.ends()? - to)
    }

    fn cluster<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        cluster: &Element,
        limit: u64,
    ) -> Result<(), Error> {
        cluster.keep_header(&mut self.plan)?;
        let end = cluster.end.unwrap_or(limit);
        let mut timestamp = 0;
        while source.at() < end {
            let child = Element::next(source, end)?;
            if cluster.end.is_none() && ids::is_top_level(child.id) {
                return source.seek(child.start);
            }
            match child.id {
                ids::TIMESTAMP => {
                    timestamp = child.unsigned(source)?;
                    child.keep(&mut self.plan)?;
                }
                ids::SIMPLE_BLOCK => self.block(source, &child, &child, timestamp, None)?,
                ids::BLOCK_GROUP => self.group(source, &child, timestamp)?,
                id if ids::is_kept(id) => child.keep(&mut self.plan)?,
                _ => child.void(&mut self.plan)?,
            }
            source.seek(child.ends()?)?;
        }
        Ok(())
    }

    fn group<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        group: &Element,
        timestamp: u64,
    ) -> Result<(), Error> {
        let mut block = None;
        let mut duration = None;
        group.each(source, |source, child| {
            match child.id {
                ids::BLOCK => block = Some(*child),
                ids::BLOCK_DURATION => duration = Some(child.unsigned(source)?),
                _ => {}
            }
            Ok(())
        })?;
        match block {
            Some(block) => self.block(source, &block, group, timestamp, duration),
            None => group.void(&mut self.plan),
        }
    }

    /// Keeps a block with all that is around it, if it is of a track that stays.
    fn block<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        block: &Element,
        whole: &Element,
        timestamp: u64,
        duration: Option<u64>,
    ) -> Result<(), Error> {
        let (number, after) = track::block(source, block)?;
        let track = self
            .tracks
            .iter()
            .find(|track| track.number == number && track.is_kept());
        let Some(track) = track else {
            return whole.void(&mut self.plan);
        };
        let at = timestamp.saturating_add_signed(after.into());
        let nanoseconds = if duration.is_none() { track.frame } else { 0 };
        self.any = true;
        self.last.0 = self.last.0.max(at.saturating_add(duration.unwrap_or(0)));
        self.last.1 = self.last.1.max(nanoseconds);
        if whole.id == ids::BLOCK_GROUP {
            self.keep_known(source, whole, 0)
        } else {
            whole.keep(&mut self.plan)
        }
    }

    fn finish(self, limits: &Limits) -> Result<Stripped, Error> {
        let mut size = None;
        for track in &self.tracks {
            size = size.or(track.size(limits)?);
        }
        let size = size.ok_or(Error::NoPicture)?;
        if !self.any {
            return Err(Error::NoDuration);
        }
        // Whoever lies is held to what would be played.
        let (units, rest) = self.last;
        let last = units.saturating_mul(self.scale).saturating_add(rest);
        let last = limits.check_duration(last.max(1), NANOSECONDS)?;
        let duration = match self.duration {
            None => last,
            Some(0.0) => last,
            #[allow(clippy::cast_precision_loss, reason = "of a length that is checked")]
            #[allow(
                clippy::cast_possible_truncation,
                reason = "what is too large becomes the largest"
            )]
            #[allow(clippy::cast_sign_loss, reason = "of positive numbers only")]
            Some(said) if said > 0.0 => {
                limits.check_duration((said * self.scale as f64) as u64, NANOSECONDS)?
            }
            Some(_) => return Err(Error::Malformed("a length of less than nothing")),
        };
        Ok(Stripped {
            plan: self.plan,
            size: Some(size),
            duration: Some(duration),
        })
    }
}
