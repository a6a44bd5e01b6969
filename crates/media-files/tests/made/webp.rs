//! WebP.

use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType, ImageEncoder};
use webp::{AnimEncoder, AnimFrame, Encoder, WebPConfig};

use super::{exif, picture, profile, secret, trailer, xmp};

pub(crate) fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let even = vec![0; content.len() % 2];
    [kind.as_slice(), &length, content, &even].concat()
}

/// Makes the length of the file right again.
fn sized(mut file: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(file.len() - 8).unwrap();
    file[4..8].copy_from_slice(&length.to_le_bytes());
    file
}

/// Adds what can be told, inside of the file and behind it.
fn with_secrets(mut file: Vec<u8>) -> Vec<u8> {
    if file[12..16] == *b"VP8X" {
        file[20] |= 0x04;
    }
    file.extend(chunk(b"XMP ", &xmp()));
    file.extend(chunk(b"PRIV", &secret()));
    let mut file = sized(file);
    file.extend(trailer());
    file
}

pub(crate) fn filled(orientation: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut file);
    encoder.set_exif_metadata(exif(orientation)).unwrap();
    encoder.set_icc_profile(profile()).unwrap();
    let mut picture = DynamicImage::from(picture(40, 24)).into_rgba8();
    picture
        .pixels_mut()
        .step_by(3)
        .for_each(|pixel| pixel.0[3] = 100);
    encoder
        .write_image(&picture, 40, 24, ExtendedColorType::Rgba8)
        .unwrap();
    with_secrets(file)
}

/// In the form that has no room for anything else.
pub(crate) fn lossy() -> Vec<u8> {
    with_secrets(
        Encoder::from_rgb(&picture(40, 24), 40, 24)
            .encode(80.0)
            .to_vec(),
    )
}

pub(crate) fn moving(frames: u8) -> Vec<u8> {
    let config = WebPConfig::new().unwrap();
    let mut encoder = AnimEncoder::new(20, 10, &config);
    let pictures: Vec<_> = (0..frames)
        .map(|frame| {
            let mut picture = picture(20, 10);
            picture.put_pixel(frame.into(), 3, image::Rgb([255, 0, 255]));
            picture.into_raw()
        })
        .collect();
    for (picture, at) in pictures.iter().zip(0..) {
        encoder.add_frame(AnimFrame::from_rgb(picture, 20, 10, at * 100));
    }
    let file = encoder.encode().to_vec();
    // Something unknown in the first frame, too.
    let at = file.windows(4).position(|bytes| bytes == b"ANMF").unwrap();
    let length = u32::from_le_bytes(file[at + 4..at + 8].try_into().unwrap()) as usize;
    let (head, rest) = file.split_at(at);
    let inner = [&rest[8..8 + length], &chunk(b"PRIV", &secret())].concat();
    let file = [
        head,
        &chunk(b"ANMF", &inner),
        &rest[8 + length + length % 2..],
    ]
    .concat();
    with_secrets(file)
}
