//! GIF.

use image::codecs::gif::{GifEncoder, Repeat};
use image::{DynamicImage, Frame};

use super::{picture, secret, trailer, xmp};

fn plain(frames: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new(&mut file);
    encoder.set_repeat(Repeat::Finite(7)).unwrap();
    for frame in 0..frames {
        let mut picture = picture(20, 10);
        picture.put_pixel(frame.into(), 3, image::Rgb([255, 0, 255]));
        encoder
            .encode_frame(Frame::new(DynamicImage::from(picture).into_rgba8()))
            .unwrap();
    }
    drop(encoder);
    file
}

/// A block of extension in pieces of at most 255 bytes.
pub(crate) fn extension(label: u8, first: &[u8], content: &[u8]) -> Vec<u8> {
    let mut block = vec![b'!', label];
    for piece in std::iter::once(first)
        .chain(content.chunks(255))
        .filter(|piece| !piece.is_empty())
    {
        block.push(u8::try_from(piece.len()).unwrap());
        block.extend(piece);
    }
    block.push(0);
    block
}

/// That moves, with comments, texts and what programs have added.
pub(crate) fn filled(frames: u8) -> Vec<u8> {
    let mut file = plain(frames);
    let colours = if file[10] & 0x80 == 0 {
        0
    } else {
        6 << (file[10] & 7)
    };
    let rest = file.split_off(13 + colours);
    file.extend(extension(0xfe, b"", &secret()));
    file.extend(extension(0xff, b"XMP DataXMP", &xmp()));
    file.extend(extension(0xff, b"ADALOVE1815", &secret()));
    file.extend(extension(0xf9, &[0, 10, 0, 0], b""));
    file.extend(extension(
        0x01,
        &[0, 0, 0, 0, 9, 0, 9, 0, 8, 8, 1, 0],
        &secret(),
    ));
    file.extend(rest);
    file.extend(trailer());
    file
}

/// So many frames of one pixel.
#[allow(
    dead_code,
    reason = "one of the programs that share this file has no use for it"
)]
pub(crate) fn of_frames(frames: u32) -> Vec<u8> {
    let mut file = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    for _ in 0..frames {
        file.extend(b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    file.push(b';');
    file
}
