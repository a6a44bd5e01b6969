//! Files to upload, made from a seed, and what is to be served of them.

use std::io::Cursor;

use anyhow::Context;
use aws_lc_rs::digest::{SHA256, digest};
use image::{ImageFormat, RgbImage};
use nova_media_files::{Limits, sniff, strip};
use rand::RngExt;
use rand::rngs::StdRng;

/// Bytes of the shortest file.
const SHORTEST: u64 = 4 << 10;
/// And of the longest.
const LONGEST: u64 = 40 << 20;
/// Longer files are sound: of a picture every pixel is looked at several times.
const LONGEST_PICTURE: u64 = 4 << 20;

/// What somebody uploads.
pub(super) struct Original {
    pub(super) bytes: Vec<u8>,
    pub(super) served: Served,
}

/// What everybody is shown of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Served {
    pub(super) sha256: Vec<u8>,
    pub(super) length: u64,
}

impl Served {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self {
            sha256: digest(&SHA256, bytes).as_ref().to_vec(),
            length: bytes.len() as u64,
        }
    }
}

/// A file that no other call makes. Half of them are of any length, and of the others short ones are as likely as long ones.
pub(super) fn make(random: &mut StdRng) -> anyhow::Result<Original> {
    let length = match random.random() {
        true => random.random_range(SHORTEST..LONGEST),
        false => between(random, SHORTEST, LONGEST),
    };
    let seed = random.random();
    if length > LONGEST_PICTURE {
        return Ok(sound(length, seed));
    }
    match random.random_range(0..3) {
        0 => Ok(sound(length, seed)),
        1 => png(length, seed),
        _ => jpeg(length, seed),
    }
}

/// A number between these two, of which each order of magnitude is as likely as the others.
pub(super) fn between(random: &mut StdRng, least: u64, most: u64) -> u64 {
    let (least, most) = ((least as f64).ln(), (most as f64).ln());
    random.random_range(least..most).exp() as u64
}

/// Noise as a WAV that also says who has made it; that is not served, and everything else as it is.
pub(super) fn sound(length: u64, seed: u64) -> Original {
    let samples = noise(length as usize / 4 * 4, seed);
    let secret = b"LIST\x10\0\0\0INFOIART\x04\0\0\0Ada\0";
    let bytes = wav(secret, &samples);
    Original {
        served: Served::of(&wav(b"", &samples)),
        bytes,
    }
}

fn wav(between: &[u8], samples: &[u8]) -> Vec<u8> {
    const RATE: u32 = 44_100;
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let mut file = b"RIFF".to_vec();
    file.extend(length(36 + between.len() + samples.len()));
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    file.extend(RATE.to_le_bytes());
    file.extend((RATE * 4).to_le_bytes());
    file.extend(b"\x04\0\x10\0");
    file.extend(between);
    file.extend(b"data");
    file.extend(length(samples.len()));
    file.extend(samples);
    file
}

/// Noise as a PNG that says nothing of anybody: it is served as it is.
fn png(length: u64, seed: u64) -> anyhow::Result<Original> {
    let bytes = picture(length / 3, seed, ImageFormat::Png)?;
    Ok(Original {
        served: Served::of(&bytes),
        bytes,
    })
}

/// Noise as a JPEG with a comment, which is not served.
fn jpeg(length: u64, seed: u64) -> anyhow::Result<Original> {
    const START: usize = 2;
    let mut bytes = picture(length / 2, seed, ImageFormat::Jpeg)?;
    let comment = b"\xff\xfe\0\x08of Ada";
    bytes.splice(START..START, comment.iter().copied());
    let limits = Limits::default();
    let head = sniff(&mut bytes.as_slice(), &limits)?;
    let mut stripped = Vec::new();
    strip(head.format, Cursor::new(&bytes), &mut stripped, &limits)?;
    Ok(Original {
        served: Served::of(&stripped),
        bytes,
    })
}

fn picture(pixels: u64, seed: u64, format: ImageFormat) -> anyhow::Result<Vec<u8>> {
    let side = pixels.isqrt().max(16) as u32;
    let pixels = noise(side as usize * side as usize * 3, seed);
    let picture = RgbImage::from_raw(side, side, pixels).context("pixels of a picture")?;
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format)?;
    Ok(bytes.into_inner())
}

/// So many bytes that cannot be made fewer, quickly: a test program is not optimised.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn a_seed_makes_the_same_again_and_another_something_else() {
        let made = |seed| png(10_000, seed).unwrap().bytes;
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(3));
    }

    #[test]
    fn what_is_served_is_what_stripping_leaves() {
        let limits = Limits::default();
        for Original { bytes, served } in [sound(9_999, 5), png(9_999, 5).unwrap()] {
            let format = sniff(&mut bytes.as_slice(), &limits).unwrap().format;
            let mut left = Vec::new();
            strip(format, Cursor::new(&bytes), &mut left, &limits).unwrap();
            assert_eq!(Served::of(&left), served);
        }
    }

    #[test]
    fn short_files_are_as_likely_as_long_ones() {
        let mut random = StdRng::seed_from_u64(1);
        let lengths: Vec<u64> = (0..200)
            .map(|_| between(&mut random, SHORTEST, LONGEST))
            .collect();
        assert!(
            lengths
                .iter()
                .all(|length| (SHORTEST..LONGEST).contains(length))
        );
        assert!(lengths.iter().filter(|length| **length < 1 << 20).count() > 50);
        assert!(lengths.iter().filter(|length| **length > 1 << 20).count() > 50);
    }
}
