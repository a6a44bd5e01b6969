//! JPEG.

use image::codecs::jpeg::JpegEncoder;

use super::{exif, picture, profile, secret, trailer, xmp};

pub(crate) fn plain(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 90)
        .encode_image(&picture(width, height))
        .unwrap();
    file
}

pub(crate) fn segment(marker: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len() + 2).unwrap();
    [&[0xff, marker], length.to_be_bytes().as_slice(), &content].concat()
}

/// With everything that a segment can tell, before the picture and behind it.
pub(crate) fn filled(orientation: u8) -> Vec<u8> {
    let plain = plain(40, 24);
    // Behind the segment of JFIF, which is of eighteen bytes.
    let (head, rest) = plain.split_at(20);
    let thumbnail = [secret(), vec![0; 300]].concat();
    let mut file = head.to_vec();
    file.extend(segment(0xe0, &[b"JFXX\0\x13\x08\x0c", &thumbnail[..288]]));
    file.extend(segment(0xe1, &[b"Exif\0\0", &exif(orientation)]));
    file.extend(segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", &xmp()]));
    file.extend(segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", &profile()]));
    file.extend(segment(0xe2, &[b"MPF\0", &secret()]));
    let caption = secret();
    let length = u16::try_from(caption.len()).unwrap();
    let iptc = [b"\x1c\x02\x50".as_slice(), &length.to_be_bytes(), &caption].concat();
    let size = u32::try_from(iptc.len()).unwrap();
    file.extend(segment(
        0xed,
        &[
            b"Photoshop 3.0\x008BIM\x04\x04\0\0",
            &size.to_be_bytes(),
            &iptc,
            b"\0",
        ],
    ));
    file.extend(segment(0xef, &[&secret()]));
    file.extend(segment(0xfe, &[&secret()]));
    file.extend(rest);
    file.extend(trailer());
    file
}

/// Sixteen pixels square, grey, in three scans: coarse light, finer light, and no details.
pub(crate) fn progressive() -> Vec<u8> {
    let mut file = b"\xff\xd8".to_vec();
    file.extend(segment(0xe1, &[b"Exif\0\0", &exif(5)]));
    file.extend(segment(0xdb, &[&[0], &[8; 64]]));
    file.extend(segment(0xc2, &[&[8, 0, 16, 0, 16, 1, 1, 0x11, 0]]));
    // One code each: a difference of three bits, and the end of the block.
    file.extend(segment(
        0xc4,
        &[
            &[0x00],
            &[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[3],
        ],
    ));
    file.extend(segment(
        0xc4,
        &[
            &[0x10],
            &[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0],
        ],
    ));
    // 00 and three bits, four times, then ones.
    file.extend(segment(0xda, &[&[1, 1, 0x00, 0, 0, 0x01]]));
    file.extend([0b0010_1001, 0b0100_1100, 0b0011_1111]);
    file.extend(segment(0xfe, &[&secret()]));
    file.extend(segment(0xda, &[&[1, 1, 0x00, 0, 0, 0x10]]));
    file.extend([0b1010_1111]);
    file.extend(segment(0xda, &[&[1, 1, 0x00, 1, 63, 0x00]]));
    file.extend([0b0000_0000]);
    file.extend(b"\xff\xd9");
    file.extend(trailer());
    file
}
