//! MP3.

use super::secret;

/// Frames of 417 bytes, 1,152 samples each at 44,100 a second.
pub(crate) const FRAMES: usize = 100;

pub(crate) fn id3() -> Vec<u8> {
    let mut frames = Vec::new();
    for (id, text) in [
        (b"TPE1", "Ada Lovelace"),
        (b"TSSE", "Difference 2.0"),
        (b"TXXX", "place\0Marylebone"),
    ] {
        frames.extend(id);
        frames.extend(u32::try_from(text.len() + 1).unwrap().to_be_bytes());
        frames.extend([0, 0, 0]);
        frames.extend(text.as_bytes());
    }
    let length = u8::try_from(frames.len()).unwrap();
    [
        b"ID3\x03\0\0\0\0".as_slice(),
        &[length >> 7, length & 0x7f],
        &frames,
    ]
    .concat()
}

/// Frames of silence, and nothing else.
pub(crate) fn frames(count: usize) -> Vec<u8> {
    let frame = [&[0xff, 0xfb, 0x90, 0x64], [0; 413].as_slice()].concat();
    frame.repeat(count)
}

/// With every kind of tag that there is, one among the frames too.
pub(crate) fn filled() -> Vec<u8> {
    let mut file = id3();
    file.extend(id3());
    file.extend([0; 100]);
    file.extend(frames(FRAMES / 2));
    file.extend(id3());
    file.extend(frames(FRAMES / 2));
    file.extend(secret());
    // Lyrics, APE with its header, and the oldest kind.
    let lyrics = [b"LYRICSBEGIN".as_slice(), &secret()].concat();
    file.extend(&lyrics);
    file.extend(format!("{:06}LYRICS200", lyrics.len()).as_bytes());
    let value = secret();
    let item = [
        &u32::try_from(value.len()).unwrap().to_le_bytes(),
        [0; 4].as_slice(),
        b"Artist\0",
        &value,
    ]
    .concat();
    let size = u32::try_from(item.len() + 32).unwrap();
    let mark = |flags: u8| {
        [
            b"APETAGEX\xd0\x07\0\0".as_slice(),
            &size.to_le_bytes(),
            &[1, 0, 0, 0, 0, 0, 0, flags],
            &[0; 8],
        ]
        .concat()
    };
    file.extend(mark(0xa0));
    file.extend(item);
    file.extend(mark(0x80));
    let mut tag = [b"TAG".as_slice(), &secret()].concat();
    tag.resize(128, 0);
    file.extend(tag);
    file
}
