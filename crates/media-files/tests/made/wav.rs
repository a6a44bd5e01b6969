//! WAV.

use super::{secret, trailer};
use crate::made::webp::chunk;

/// A second and a half, in stereo.
pub(crate) fn filled() -> Vec<u8> {
    let mut file = b"RIFF\0\0\0\0WAVE".to_vec();
    file.extend(chunk(b"bext", &[secret(), vec![0; 602]].concat()));
    let mut format = vec![1, 0, 2, 0];
    format.extend(8_000_u32.to_le_bytes());
    format.extend(32_000_u32.to_le_bytes());
    format.extend([4, 0, 16, 0]);
    file.extend(chunk(b"fmt ", &format));
    let list = [
        b"INFO".as_slice(),
        &chunk(b"IART", b"Ada Lovelace\0"),
        &chunk(b"ISFT", b"Difference 2.0\0"),
    ]
    .concat();
    file.extend(chunk(b"LIST", &list));
    file.extend(chunk(b"data", &samples()));
    file.extend(chunk(b"id3 ", &super::mp3::id3()));
    let length = u32::try_from(file.len() - 8).unwrap();
    file[4..8].copy_from_slice(&length.to_le_bytes());
    file.extend(trailer());
    file
}

pub(crate) fn samples() -> Vec<u8> {
    (0..48_000_u32).map(|at| (at * 7 % 251) as u8).collect()
}
