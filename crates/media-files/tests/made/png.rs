//! PNG and APNG.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::{exif, picture, profile, secret, trailer, xmp};

/// Bytes of the signature and the header.
const HEAD: usize = 33;

pub(crate) fn plain(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = PngEncoder::new(&mut file);
    encoder.set_icc_profile(profile()).unwrap();
    encoder
        .write_image(
            &picture(width, height),
            width,
            height,
            ExtendedColorType::Rgb8,
        )
        .unwrap();
    file
}

pub(crate) fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut sum = crc32fast::Hasher::new();
    sum.update(kind);
    sum.update(content);
    let length = u32::try_from(content.len()).unwrap();
    [
        &length.to_be_bytes(),
        kind.as_slice(),
        content,
        &sum.finalize().to_be_bytes(),
    ]
    .concat()
}

fn text() -> Vec<u8> {
    let mut chunks = chunk(b"tEXt", &[b"Author\0", secret().as_slice()].concat());
    chunks.extend(chunk(
        b"iTXt",
        &[b"XML:com.adobe.xmp\0\0\0\0\0", xmp().as_slice()].concat(),
    ));
    chunks.extend(chunk(b"tIME", &[7, 232, 1, 2, 3, 4, 5]));
    chunks.extend(chunk(b"prVt", &secret()));
    chunks.extend(chunk(b"sPLT", &[secret().as_slice(), b"\0\x08"].concat()));
    chunks
}

/// With everything a chunk can tell, EXIF behind the pixels, and a profile with a name.
pub(crate) fn filled(orientation: u8) -> Vec<u8> {
    let mut file = plain(40, 24);
    let end = file.split_off(file.len() - 12);
    let pixels = file.split_off(HEAD);
    file.extend(text());
    file.extend(chunk(b"gAMA", &45_455_u32.to_be_bytes()));
    file.extend(pixels);
    file.extend(chunk(b"eXIf", &exif(orientation)));
    file.extend(end);
    file.extend(trailer());
    file
}

/// That moves, with so many frames.
pub(crate) fn moving(frames: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 20, 10);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(frames, 0).unwrap();
    encoder.set_frame_delay(1, 10).unwrap();
    encoder
        .add_text_chunk("Author".to_owned(), "Ada Lovelace".to_owned())
        .unwrap();
    let mut writer = encoder.write_header().unwrap();
    let pixels = picture(20, 10).into_raw();
    for frame in 0..frames {
        let shifted: Vec<u8> = pixels
            .iter()
            .map(|value| value.wrapping_add(frame as u8))
            .collect();
        writer.write_image_data(&shifted).unwrap();
    }
    writer.finish().unwrap();
    let mut text = text();
    let rest = file.split_off(HEAD);
    file.append(&mut text);
    file.extend(rest);
    file
}

/// Makes all sums right again, as far as there are whole chunks.
#[allow(
    dead_code,
    reason = "one of the programs that share this file has no use for it"
)]
pub(crate) fn sum_again(file: &mut [u8]) {
    let mut at = 8;
    while let Some(head) = file.get(at..at + 4) {
        let length = u32::from_be_bytes(head.try_into().unwrap()) as usize;
        let Some(end) = at
            .checked_add(8 + length)
            .filter(|end| end + 4 <= file.len())
        else {
            return;
        };
        let sum = crc32fast::hash(&file[at + 4..end]);
        file[end..end + 4].copy_from_slice(&sum.to_be_bytes());
        at = end + 4;
    }
}
