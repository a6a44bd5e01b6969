//! Formats that their first bytes tell by themselves.

use crate::error::Error;
use crate::format::Format;
use crate::sniff::Head;
use crate::webp_sizes;

/// What every format but JPEG and MP3 has shown by its twelfth byte.
const LONGEST_MAGIC: usize = 12;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const EBML: &[u8] = b"\x1a\x45\xdf\xa3";

/// `None` if more bytes are needed.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Head>, Error> {
    let Some(magic) = bytes.first_chunk::<LONGEST_MAGIC>() else {
        // What can still become something is waited for.
        return Ok(None);
    };
    if magic.starts_with(PNG) {
        return png(bytes);
    }
    match magic {
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', w, v, h, g, ..] => {
            let size = (
                u16::from_le_bytes([*w, *v]).into(),
                u16::from_le_bytes([*h, *g]).into(),
            );
            Ok(Some(picture(Format::Gif, size)))
        }
        [b'R', b'I', b'F', b'F', .., b'W', b'E', b'B', b'P'] => webp(bytes),
        [b'R', b'I', b'F', b'F', .., b'W', b'A', b'V', b'E'] => Ok(Some(other(Format::Wav))),
        [b'O', b'g', b'g', b'S', ..] => ogg(bytes),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => ftyp(bytes),
        // QuickTime before it had a ftyp.
        _ if matches!(
            &magic[4..8],
            b"moov" | b"mdat" | b"wide" | b"free" | b"skip"
        ) =>
        {
            Ok(Some(other(Format::Mov)))
        }
        _ if magic.starts_with(EBML) => ebml(bytes),
        _ => Err(Error::Unsupported),
    }
}

const fn other(format: Format) -> Head {
    Head { format, size: None }
}

const fn picture(format: Format, size: (u32, u32)) -> Head {
    Head {
        format,
        size: Some(size),
    }
}

fn png(bytes: &[u8]) -> Result<Option<Head>, Error> {
    let Some([kind @ .., a, b, c, d, e, f, g, h]) = bytes.get(8..24) else {
        return Ok(None);
    };
    if kind != b"\0\0\0\x0dIHDR" {
        return Err(Error::Malformed(
            "a PNG that does not begin with its header",
        ));
    }
    let size = (
        u32::from_be_bytes([*a, *b, *c, *d]),
        u32::from_be_bytes([*e, *f, *g, *h]),
    );
    Ok(Some(picture(Format::Png, size)))
}

/// The first chunk has the size.
fn webp(bytes: &[u8]) -> Result<Option<Head>, Error> {
    let Some(&[a, b, c, d, _, _, _, _, ref content @ ..]) = bytes.get(12..30) else {
        return Ok(None);
    };
    let size = match (&[a, b, c, d], content) {
        (b"VP8 ", &[_, _, _, x, y, z, w, v, h, g]) => {
            if [x, y, z] != *b"\x9d\x01\x2a" {
                return Err(Error::Malformed("no key frame where one must be"));
            }
            webp_sizes::of_lossy([w, v, h, g])
        }
        (b"VP8L", &[signature, a, b, c, d, ..]) => {
            if signature != 0x2f {
                return Err(Error::Malformed("no lossless picture where one must be"));
            }
            webp_sizes::of_lossless([a, b, c, d])
        }
        (b"VP8X", &[_, _, _, _, w, v, u, h, g, f]) => webp_sizes::of_canvas([w, v, u, h, g, f]),
        _ => return Err(Error::Malformed("a WebP without a picture")),
    };
    Ok(Some(picture(Format::WebP, size)))
}

/// The first packet of the first page names the codec: RFC 3533 section 6, RFC 7845 section 5.1, Vorbis I section 4.2.1.
fn ogg(bytes: &[u8]) -> Result<Option<Head>, Error> {
    let Some(segments) = bytes.get(26) else {
        return Ok(None);
    };
    let Some(packet) = bytes
        .get(27 + usize::from(*segments)..)
        .filter(|packet| packet.len() >= 8)
    else {
        return Ok(None);
    };
    if packet.starts_with(b"\x01vorbis") || packet.starts_with(b"OpusHead") {
        return Ok(Some(other(Format::Ogg)));
    }
    Err(Error::Unsupported)
}

/// Brands that are written first in files that are no video, or of which some are.
const OTHER_BRANDS: &[&[u8; 4]] = &[
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2",
    b"msf1", b"miaf", b"avif", b"avis", b"avio", b"crx ", b"jp2 ", b"jpx ", b"jpm ", b"jxl ",
    b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B ", b"aax ",
];

fn is_movie(brand: &[u8]) -> bool {
    matches!(
        brand,
        [b'i', b's', b'o', b'm' | b'2'..=b'9' | b'a'..=b'd']
            | [b'm', b'p', b'4', b'1' | b'2']
            | [b'3', b'g', b'p' | b'2' | b'r' | b's' | b'e' | b'g' | b'h', _]
            | b"avc1" | b"dash" | b"M4V " | b"M4VH" | b"M4VP" | b"f4v " | b"F4V " | b"MSNV" | b"mmp4" | b"av01"
    )
}

/// ISO 14496-12 section 4.3. The first brand decides; one that nobody knows is what the file says it is compatible with.
fn ftyp(bytes: &[u8]) -> Result<Option<Head>, Error> {
    let [a, b, c, d, ..] = *bytes else {
        return Ok(None);
    };
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    if !(16..=1024).contains(&length) {
        return Err(Error::Unsupported);
    }
    let Some(brands) = bytes.get(8..length) else {
        return Ok(None);
    };
    let (major, rest) = brands.split_at(4);
    if major == b"qt  " {
        return Ok(Some(other(Format::Mov)));
    }
    if OTHER_BRANDS.iter().any(|brand| *brand == major) {
        return Err(Error::Unsupported);
    }
    let mut compatible = rest.get(4..).unwrap_or_default().chunks_exact(4);
    if is_movie(major) || compatible.any(is_movie) {
        return Ok(Some(other(Format::Mp4)));
    }
    Err(Error::Unsupported)
}

/// RFC 8794 section 11.2.4: the document's type is an element of the header.
fn ebml(bytes: &[u8]) -> Result<Option<Head>, Error> {
    let too_early = || Error::Malformed("an EBML header that says nothing");
    let Some((length, start)) = vint(bytes, 4) else {
        return Ok(None);
    };
    let end = start
        .checked_add(length)
        .filter(|end| *end <= 1024)
        .ok_or_else(too_early)?;
    let Some(header) = bytes.get(..end) else {
        return Ok(None);
    };
    let mut at = start;
    while at < end {
        let id = if header[at] & 0x80 != 0 { 1 } else { 2 };
        let (length, content) = vint(header, at + id).ok_or_else(too_early)?;
        let next = content.checked_add(length).ok_or_else(too_early)?;
        if header[at..].starts_with(b"\x42\x82") {
            let kind = header.get(content..next).ok_or_else(too_early)?;
            return match kind.strip_prefix(b"webm") {
                Some(rest) if rest.iter().all(|byte| *byte == 0) => Ok(Some(other(Format::WebM))),
                _ => Err(Error::Unsupported),
            };
        }
        at = next;
    }
    Err(Error::Unsupported)
}

/// A length, and where it ends.
fn vint(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let first = *bytes.get(at)?;
    let more = first.leading_zeros() as usize;
    let rest = bytes.get(at + 1..at + 1 + more.min(7))?;
    let marker = 0x80_u8.checked_shr(u32::try_from(more).ok()?).unwrap_or(0);
    let mut value = usize::from(first & !marker);
    for byte in rest {
        value = value << 8 | usize::from(*byte);
    }
    Some((value, at + 1 + rest.len()))
}
