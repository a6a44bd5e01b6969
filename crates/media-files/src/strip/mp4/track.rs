//! What a track is, and where its samples are: ISO 14496-12 chapter 8.

use std::io::{Read, Seek};

use super::atom::Atom;
use super::ranges::Ranges;
use super::table::Table;
use crate::error::Error;
use crate::limits::Limits;
use crate::source::Source;

#[derive(Debug, Default, Clone)]
pub(super) struct Track {
    pub(super) id: u32,
    /// Picture or sound; everything else goes: places of a journey among it, texts, and what they all are about.
    pub(super) handler: [u8; 4],
    /// As it is shown.
    pub(super) size: (u32, u32),
    /// As it is decoded.
    coded: (u32, u32),
    pub(super) timescale: u32,
    times: Option<Table>,
    offsets: Option<(Table, usize)>,
    chunks: Option<Table>,
    sizes: Option<Sizes>,
}

#[derive(Debug, Clone)]
enum Sizes {
    Same(u64),
    Each(Table, usize),
}

impl Track {
    pub(super) fn read<R: Read + Seek>(
        source: &mut Source<R>,
        trak: &Atom,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let mut track = Self::default();
        trak.each(source, |source, child| match &child.kind {
            b"tkhd" => track.header(source, child),
            b"mdia" => child.each(source, |source, child| track.media(source, child)),
            _ => Ok(()),
        })?;
        if track.is_video() {
            limits.check_pixels(track.coded.0, track.coded.1)?;
            if track.size.0 == 0 || track.size.1 == 0 {
                track.size = track.coded;
            }
            limits.check_pixels(track.size.0, track.size.1)?;
        }
        Ok(track)
    }

    pub(super) fn is_video(&self) -> bool {
        self.handler == *b"vide"
    }

    pub(super) fn is_kept(&self) -> bool {
        self.is_video() || self.handler == *b"soun"
    }

    /// Its number, size and how it is turned: section 8.3.2.
    fn header<R: Read + Seek>(&mut self, source: &mut Source<R>, tkhd: &Atom) -> Result<(), Error> {
        let long = source.u8()? == 1;
        let times = if long { 16 } else { 8 };
        source.seek(tkhd.content + 4 + times)?;
        self.id = source.be32()?;
        let matrix = tkhd.content + 4 + times + 8 + times / 2 + 16;
        source.seek(matrix)?;
        let (a, _b, _u) = (source.be32()?, source.be32()?, source.be32()?);
        let (_c, d) = (source.be32()?, source.be32()?);
        source.seek(matrix + 36)?;
        let (width, height) = (source.be32()? >> 16, source.be32()? >> 16);
        let is_turned = a == 0 && d == 0;
        self.size = if is_turned {
            (height, width)
        } else {
            (width, height)
        };
        Ok(())
    }

    fn media<R: Read + Seek>(&mut self, source: &mut Source<R>, atom: &Atom) -> Result<(), Error> {
        match &atom.kind {
            b"mdhd" => {
                let long = source.u8()? == 1;
                source.seek(atom.content + if long { 20 } else { 12 })?;
                self.timescale = source.be32()?;
            }
            b"hdlr" => {
                source.seek(atom.content + 8)?;
                self.handler = source.array()?;
            }
            b"minf" => atom.each(source, |source, child| match &child.kind {
                b"stbl" => child.each(source, |source, child| self.samples(source, child)),
                _ => Ok(()),
            })?,
            _ => {}
        }
        Ok(())
    }

    fn samples<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        atom: &Atom,
    ) -> Result<(), Error> {
        if !matches!(
            &atom.kind,
            b"stsd" | b"stts" | b"stsc" | b"stsz" | b"stz2" | b"stco" | b"co64"
        ) {
            return Ok(());
        }
        let _version = source.be32()?;
        match &atom.kind {
            // Only pictures have a size there; for others it is read and not used.
            b"stsd" if atom.length() >= 8 + 36 => {
                source.skip(4 + 32)?;
                self.coded = (source.be16()?.into(), source.be16()?.into());
            }
            b"stts" => self.times = Some(counted(source, atom, 8)?),
            b"stsc" => self.chunks = Some(counted(source, atom, 12)?),
            b"stco" => self.offsets = Some((counted(source, atom, 4)?, 4)),
            b"co64" => self.offsets = Some((counted(source, atom, 8)?, 8)),
            b"stsz" => {
                self.sizes = Some(match source.be32()? {
                    0 => Sizes::Each(counted(source, atom, 4)?, 4),
                    same => Sizes::Same(same.into()),
                });
            }
            b"stz2" => {
                let bytes = match source.be32()? & 0xff {
                    8 => 1,
                    16 => 2,
                    _ => return Err(Error::Malformed("samples whose size has half a byte")),
                };
                self.sizes = Some(Sizes::Each(
                    counted(source, atom, bytes)?,
                    usize::from(bytes == 2) + 1,
                ));
            }
            _ => {}
        }
        Ok(())
    }

    /// How long it plays, in its own units: section 8.6.1.2.
    pub(super) fn duration<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
    ) -> Result<u64, Error> {
        let Some(times) = self.times.as_mut() else {
            return Ok(0);
        };
        let mut sum = 0_u64;
        for index in 0..times.count {
            let samples = times.number(source, index, 0, 4)?;
            let each = times.number(source, index, 4, 4)?;
            sum = sum.saturating_add(samples.saturating_mul(each));
        }
        Ok(sum)
    }

    /// Where its samples are: sections 8.7.3 to 8.7.5.
    pub(super) fn ranges<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        ranges: &mut Ranges,
    ) -> Result<(), Error> {
        let is_kept = self.is_kept();
        let is_sound = self.handler == *b"soun";
        let (Some((offsets, bytes)), Some(chunks), Some(sizes)) = (
            self.offsets.as_mut(),
            self.chunks.as_mut(),
            self.sizes.as_mut(),
        ) else {
            // In fragments there are none here.
            return Ok(());
        };
        let mut sample = 0;
        let mut run = 0;
        for index in 0..offsets.count {
            let start = offsets.number(source, index, 0, *bytes)?;
            if !is_kept {
                ranges.add_end(start)?;
                continue;
            }
            while run + 1 < chunks.count && chunks.number(source, run + 1, 0, 4)? <= index + 1 {
                run += 1;
            }
            let count = chunks.number(source, run, 4, 4)?;
            match sizes {
                // QuickTime counts sound in units that need not be the bytes that they take.
                Sizes::Same(_) if is_sound => ranges.add_open(start)?,
                Sizes::Same(size) => ranges.add(start, size.saturating_mul(count))?,
                Sizes::Each(sizes, bytes) => {
                    let mut length = 0;
                    for _ in 0..count {
                        length += sizes.number(source, sample, 0, *bytes)?;
                        sample += 1;
                    }
                    ranges.add(start, length)?;
                }
            }
        }
        Ok(())
    }
}

/// A table after the number of its entries.
fn counted<R: Read + Seek>(
    source: &mut Source<R>,
    atom: &Atom,
    width: u64,
) -> Result<Table, Error> {
    let count = source.be32()?;
    Table::here(source, atom, count, width)
}
