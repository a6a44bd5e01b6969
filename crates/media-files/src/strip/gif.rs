//! GIF, version 89a: sections 15 to 27.

use std::io::{Read, Seek};

use super::Stripped;
use crate::error::Error;
use crate::limits::Limits;
use crate::plan::Plan;
use crate::source::Source;

pub(super) fn strip<R: Read + Seek>(
    source: &mut Source<R>,
    limits: &Limits,
) -> Result<Stripped, Error> {
    if !matches!(&source.array()?, b"GIF87a" | b"GIF89a") {
        return Err(Error::Malformed("no GIF"));
    }
    let [w, v, h, g, flags, _, _] = source.array()?;
    let size = (
        u16::from_le_bytes([w, v]).into(),
        u16::from_le_bytes([h, g]).into(),
    );
    limits.check_pixels(size.0, size.1)?;
    source.skip(colours(flags))?;
    let mut walk = Walk {
        plan: Plan::new(limits),
        control: None,
        frames: 0,
    };
    walk.plan.keep(0, source.at())?;
    while walk.block(source, limits)? {}
    if walk.frames == 0 {
        return Err(Error::Malformed("a GIF without a picture"));
    }
    walk.plan.put(b";")?;
    Ok(Stripped::picture(walk.plan, size, None))
}

/// Bytes of a table of colours.
const fn colours(flags: u8) -> u64 {
    if flags & 0x80 == 0 {
        0
    } else {
        6 << (flags & 7)
    }
}

struct Walk {
    plan: Plan,
    /// Where the control of the next picture begins and ends. It is kept with the picture, not with a text that is
    /// drawn and goes.
    control: Option<(u64, u64)>,
    frames: u32,
}

impl Walk {
    /// Whether there are more.
    fn block<R: Read + Seek>(
        &mut self,
        source: &mut Source<R>,
        limits: &Limits,
    ) -> Result<bool, Error> {
        let start = source.at();
        // Many a GIF lacks its last byte.
        if source.left() == 0 {
            return Ok(false);
        }
        match source.u8()? {
            b';' => return Ok(false),
            b',' => self.picture(start, source, limits)?,
            b'!' => self.extension(start, source)?,
            // Some encoders end a block twice.
            0 => {}
            _ => return Err(Error::Malformed("a GIF block that nobody knows")),
        }
        Ok(true)
    }

    fn picture<R: Read + Seek>(
        &mut self,
        start: u64,
        source: &mut Source<R>,
        limits: &Limits,
    ) -> Result<(), Error> {
        self.frames += 1;
        limits.check_frames(self.frames)?;
        let [_, _, _, _, w, v, h, g, flags] = source.array()?;
        limits.check_pixels(
            u16::from_le_bytes([w, v]).into(),
            u16::from_le_bytes([h, g]).into(),
        )?;
        source.skip(colours(flags))?;
        let _bits = source.u8()?;
        skip_blocks(source)?;
        if let Some((from, to)) = self.control.take() {
            self.plan.keep(from, to - from)?;
        }
        self.plan.keep(start, source.at() - start)
    }

    fn extension<R: Read + Seek>(
        &mut self,
        start: u64,
        source: &mut Source<R>,
    ) -> Result<(), Error> {
        let label = source.u8()?;
        let content = source.at();
        match label {
            0xf9 => {
                let is_whole = source
                    .array::<6>()
                    .is_ok_and(|block| block[0] == 4 && block[5] == 0);
                if !is_whole {
                    return Err(Error::Malformed("a GIF control of another length"));
                }
                self.control = Some((start, source.at()));
            }
            0xff => {
                // Twelve bytes with their length: eight for the program, three for it to be sure.
                let is_of_program = source.u8()? == 11;
                let name = if is_of_program {
                    source.array::<11>()?
                } else {
                    [0; 11]
                };
                let rest = source.at();
                match &name {
                    b"NETSCAPE2.0" | b"ANIMEXTS1.0" => self.repetition(&name, source)?,
                    b"ICCRGBG1012" => {
                        skip_blocks(source)?;
                        return self.plan.keep(start, source.at() - start);
                    }
                    _ => {}
                }
                source.seek(if is_of_program { rest } else { content })?;
                skip_blocks(source)?;
            }
            // Texts, which are drawn with a control of their own.
            0x01 => {
                self.control = None;
                skip_blocks(source)?;
            }
            _ => skip_blocks(source)?,
        }
        Ok(())
    }

    /// How often it plays.
    fn repetition<R: Read + Seek>(
        &mut self,
        name: &[u8],
        source: &mut Source<R>,
    ) -> Result<(), Error> {
        let block = source.array::<4>()?;
        if block[..2] != [3, 1] {
            return Ok(());
        }
        self.plan.put(b"!\xff\x0b")?;
        self.plan.put(name)?;
        self.plan.put(&block)?;
        self.plan.put(&[0])
    }
}

fn skip_blocks<R: Read + Seek>(source: &mut Source<R>) -> Result<(), Error> {
    loop {
        match source.u8()? {
            0 => return Ok(()),
            length => source.skip(length.into())?,
        }
    }
}
