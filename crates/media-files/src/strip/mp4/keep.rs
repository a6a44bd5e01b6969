//! What stays of the atoms that say how a movie is played.
//!
//! Each has its place in a list here; whatever has none is replaced by nothing of the same length. Times of making,
//! names of programs and makers become zeros within what stays.

use std::io::{Read, Seek};

use super::atom::Atom;
use super::fragment;
use super::track::Track;
use crate::error::Error;
use crate::plan::Plan;
use crate::source::Source;

/// Of the header of an entry that describes a picture: ISO 14496-12 section 12.1.3.
const VISUAL: u64 = 86;
/// Of any entry, with whom the coder is of.
const DESCRIPTION: u64 = 24;

pub(super) fn movie<R: Read + Seek>(
    source: &mut Source<R>,
    moov: &Atom,
    tracks: &[Track],
    plan: &mut Plan,
) -> Result<(), Error> {
    let mut tracks = tracks.iter();
    moov.keep_some(source, plan, |source, child, plan| match &child.kind {
        b"mvhd" => without_times(source, child, plan),
        b"mvex" => child.keep_some(source, plan, |_, child, plan| match &child.kind {
            b"mehd" | b"trex" => child.keep(plan),
            _ => child.free(plan),
        }),
        // As many as were read, in the same order.
        b"trak" => match tracks.next() {
            Some(known) if known.is_kept() => track(source, child, known, plan),
            _ => child.free(plan),
        },
        _ => child.free(plan),
    })
}

fn track<R: Read + Seek>(
    source: &mut Source<R>,
    trak: &Atom,
    known: &Track,
    plan: &mut Plan,
) -> Result<(), Error> {
    trak.keep_some(source, plan, |source, child, plan| match &child.kind {
        b"tkhd" => without_times(source, child, plan),
        b"edts" => child.keep_some(source, plan, |_, child, plan| match &child.kind {
            b"elst" => child.keep(plan),
            _ => child.free(plan),
        }),
        b"tapt" => child.keep_some(source, plan, |_, child, plan| match &child.kind {
            b"clef" | b"prof" | b"enof" => child.keep(plan),
            _ => child.free(plan),
        }),
        b"mdia" => child.keep_some(source, plan, |source, child, plan| match &child.kind {
            b"mdhd" => without_times(source, child, plan),
            b"hdlr" => handler(child, plan),
            b"minf" => child.keep_some(source, plan, |source, child, plan| {
                media(source, child, known, plan)
            }),
            _ => child.free(plan),
        }),
        _ => child.free(plan),
    })
}

fn media<R: Read + Seek>(
    source: &mut Source<R>,
    atom: &Atom,
    known: &Track,
    plan: &mut Plan,
) -> Result<(), Error> {
    match &atom.kind {
        b"vmhd" | b"smhd" => atom.keep(plan),
        b"hdlr" => handler(atom, plan),
        b"dinf" => atom.keep_some(source, plan, |source, child, plan| match &child.kind {
            b"dref" => references(source, child, plan),
            _ => child.free(plan),
        }),
        b"stbl" => atom.keep_some(source, plan, |source, child, plan| match &child.kind {
            b"stsd" => descriptions(source, child, known.is_video(), plan),
            b"stts" | b"ctts" | b"cslg" | b"stss" | b"stsh" | b"stps" | b"stsc" | b"stsz"
            | b"stz2" | b"stco" | b"co64" | b"sdtp" | b"sbgp" | b"sgpd" | b"subs" | b"padb"
            | b"stdp" => child.keep(plan),
            _ => child.free(plan),
        }),
        _ => atom.free(plan),
    }
}

/// Headers whose first two fields are when something was made and changed: sections 8.2.2, 8.3.2, 8.4.2.
fn without_times<R: Read + Seek>(
    source: &mut Source<R>,
    atom: &Atom,
    plan: &mut Plan,
) -> Result<(), Error> {
    let long = source.u8()? == 1;
    atom.keep_without(plan, &[(4, if long { 20 } else { 12 })])
}

/// What handles it stays, who made that and its name do not: section 8.4.3.
fn handler(atom: &Atom, plan: &mut Plan) -> Result<(), Error> {
    atom.keep_without(plan, &[(12, u64::MAX)])
}

/// Where the samples are: in this file, or whoever plays it would open others. Section 8.7.2.
fn references<R: Read + Seek>(
    source: &mut Source<R>,
    dref: &Atom,
    plan: &mut Plan,
) -> Result<(), Error> {
    if dref.length() < 8 {
        return Err(Error::Malformed("an atom that is too short"));
    }
    plan.keep(dref.start, dref.content + 8 - dref.start)?;
    let mut last = dref.content + 8;
    let entries = Atom {
        content: last,
        ..*dref
    };
    entries.each(source, |source, entry| {
        if entry.length() < 4 || source.be32()? & 1 == 0 {
            return Err(Error::Malformed("a video whose samples are in other files"));
        }
        last = entry.end;
        entry.keep_without(plan, &[(4, u64::MAX)])
    })?;
    plan.zeros(dref.end - last)
}

/// How samples are coded, without who coded them: section 8.5.2.
fn descriptions<R: Read + Seek>(
    source: &mut Source<R>,
    stsd: &Atom,
    is_visual: bool,
    plan: &mut Plan,
) -> Result<(), Error> {
    if stsd.length() < 8 {
        return Err(Error::Malformed("an atom that is too short"));
    }
    plan.keep(stsd.start, stsd.content + 8 - stsd.start)?;
    let mut last = stsd.content + 8;
    let entries = Atom {
        content: last,
        ..*stsd
    };
    entries.each(source, |source, entry| {
        last = entry.end;
        let length = entry.end - entry.start;
        if length < DESCRIPTION {
            return entry.keep(plan);
        }
        plan.keep(entry.start, DESCRIPTION - 4)?;
        plan.zeros(4)?;
        if length < VISUAL || !is_visual {
            return plan.keep(entry.start + DESCRIPTION, length - DESCRIPTION);
        }
        plan.keep(entry.start + DESCRIPTION, 26)?;
        plan.zeros(32)?;
        plan.keep(entry.start + VISUAL - 4, 4)?;
        source.seek(entry.start + VISUAL - 2)?;
        // Where it says otherwise a table of colours follows, as in files of the last century.
        if source.be16()? != 0xffff {
            return plan.keep(entry.start + VISUAL, length - VISUAL);
        }
        let inner = Atom {
            content: entry.start + VISUAL,
            ..*entry
        };
        let mut last = inner.content;
        inner.each(source, |_, child| {
            last = child.end;
            match &child.kind {
                b"udta" | b"meta" | b"uuid" | b"free" | b"skip" | b"sv3d" | b"name" => {
                    child.free(plan)
                }
                _ => child.keep(plan),
            }
        })?;
        plan.zeros(inner.end - last)
    })?;
    plan.zeros(stsd.end - last)
}

pub(super) fn fragment<R: Read + Seek>(
    source: &mut Source<R>,
    moof: &Atom,
    tracks: &[Track],
    plan: &mut Plan,
) -> Result<(), Error> {
    moof.keep_some(source, plan, |source, child, plan| match &child.kind {
        b"mfhd" => child.keep(plan),
        b"traf" if fragment::track_of(source, child, tracks)?.is_some_and(Track::is_kept) => child
            .keep_some(source, plan, |_, child, plan| match &child.kind {
                b"tfhd" | b"tfdt" | b"trun" | b"sbgp" | b"sgpd" | b"subs" | b"sdtp" => {
                    child.keep(plan)
                }
                _ => child.free(plan),
            }),
        _ => child.free(plan),
    })
}
