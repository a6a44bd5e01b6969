//! How a picture is to be turned, which is all that stays of its EXIF (LemmyNet/lemmy #2494).

use image::metadata::Orientation;

/// In the first directory of a TIFF structure: Exif 2.32, section 4.6.4.
const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;
const LONG: u16 = 4;

/// The value of the tag, 1 to 8, if this TIFF structure says so.
pub(crate) fn read(tiff: &[u8]) -> Option<u8> {
    let big = match tiff.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if big {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    };
    let u32_at = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if big {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    };
    let directory = usize::try_from(u32_at(4)?).ok()?;
    let entries = u16_at(directory)?;
    for index in 0..usize::from(entries) {
        let entry = directory.checked_add(2 + index * 12)?;
        if u16_at(entry)? != ORIENTATION {
            continue;
        }
        let value = match u16_at(entry + 2)? {
            SHORT => u32::from(u16_at(entry + 8)?),
            LONG => u32_at(entry + 8)?,
            _ => return None,
        };
        return u8::try_from(value)
            .ok()
            .filter(|value| (1..=8).contains(value));
    }
    None
}

/// The smallest TIFF structure that says how to turn a picture.
pub(crate) const fn write(value: u8) -> [u8; 26] {
    let mut tiff = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    tiff[19] = value;
    tiff
}

/// Whether width and height change places.
pub(crate) const fn swaps_sides(value: u8) -> bool {
    value >= 5
}

/// What the decoder is to do.
pub(crate) fn apply(value: Option<u8>) -> Orientation {
    value
        .and_then(Orientation::from_exif)
        .unwrap_or(Orientation::NoTransforms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for value in 1..=8 {
            assert_eq!(read(&write(value)), Some(value));
        }
        for value in [0, 9, 255] {
            assert_eq!(read(&write(value)), None);
        }
    }

    #[test]
    fn little_endian_among_other_tags() {
        let mut tiff = b"II*\0\x0a\0\0\0??\x02\0".to_vec();
        tiff.extend(b"\x0f\x01\x02\0\x05\0\0\0\0\0\0\0");
        tiff.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
        assert_eq!(read(&tiff), Some(6));
        for end in 0..tiff.len() - 2 {
            assert_eq!(read(&tiff[..end]), None);
        }
    }

    #[test]
    fn offsets_that_lead_nowhere() {
        for tiff in [
            b"MM\0*\xff\xff\xff\xff".as_slice(),
            b"II*\0\xff\xff\xff\xff",
            b"MM\0*\0\0\0\0",
            b"",
        ] {
            assert_eq!(read(tiff), None);
        }
    }
}
