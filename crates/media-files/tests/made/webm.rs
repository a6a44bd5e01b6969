//! `WebM`. Frames are noise: nobody decodes them here.

use super::{secret, trailer};

fn length(bytes: usize) -> [u8; 8] {
    (bytes as u64 | 1 << 56).to_be_bytes()
}

pub(crate) fn element(id: u32, content: &[u8]) -> Vec<u8> {
    let id: Vec<u8> = id
        .to_be_bytes()
        .into_iter()
        .skip_while(|byte| *byte == 0)
        .collect();
    [&id, length(content.len()).as_slice(), content].concat()
}

fn text(id: u32, text: &str) -> Vec<u8> {
    element(id, text.as_bytes())
}

fn number(id: u32, number: u32) -> Vec<u8> {
    element(id, &number.to_be_bytes())
}

pub(crate) fn frame(track: u8, number: u8) -> Vec<u8> {
    (0..50_u32)
        .map(|byte| (byte * 13) as u8 ^ track.wrapping_mul(91) ^ number)
        .collect()
}

/// What sets up Vorbis: three packets, the comments among them.
fn vorbis() -> Vec<u8> {
    let begin = [1; 30];
    let secret = secret();
    let size = u32::try_from(secret.len()).unwrap().to_le_bytes();
    let comments = [
        b"\x03vorbis".as_slice(),
        &size,
        &secret,
        &[1, 0, 0, 0],
        &size,
        &secret,
        &[1],
    ]
    .concat();
    let lacing = [
        vec![255; comments.len() / 255],
        vec![(comments.len() % 255) as u8],
    ]
    .concat();
    [&[2, 30], lacing.as_slice(), &begin, &comments, &[5; 90]].concat()
}

fn info(duration: Option<f64>) -> Vec<u8> {
    let mut content = element(0xbf, &[1, 2, 3, 4]);
    content.extend(number(0x002a_d7b1, 1_000_000));
    content.extend(text(0x7ba9, "Marylebone"));
    content.extend(text(0x4d80, "Difference 2.0"));
    content.extend(text(0x5741, "Difference 2.0"));
    content.extend(element(0x4461, &[1; 8]));
    content.extend(element(0x73a4, b"Ada Lovelace 181"));
    if let Some(duration) = duration {
        content.extend(element(0x4489, &duration.to_be_bytes()));
    }
    element(0x1549_a966, &content)
}

fn tracks() -> Vec<u8> {
    let picture = [number(0xb0, 64), number(0xba, 36)].concat();
    let sound = [element(0xb5, &48_000_f32.to_be_bytes()), number(0x9f, 2)].concat();
    let track = |id: u32, kind: u32, codec: &str, rest: &[u8]| {
        let name = text(0x536e, "Ada Lovelace");
        let coder = text(0x0025_8688, "Difference 2.0");
        let content = [
            number(0xd7, id),
            number(0x73c5, id),
            number(0x83, kind),
            text(0x86, codec),
            name,
            coder,
        ];
        element(0xae, &[content.concat().as_slice(), rest].concat())
    };
    let content = [
        track(1, 1, "V_VP8", &element(0xe0, &picture)),
        track(
            2,
            2,
            "A_VORBIS",
            &[element(0xe1, &sound), element(0x63a2, &vorbis())].concat(),
        ),
        track(3, 17, "D_WEBVTT/METADATA", &[]),
    ];
    element(0x1654_ae6b, &content.concat())
}

fn block(id: u32, track: u8, at: u16, content: &[u8]) -> Vec<u8> {
    let at = at.to_be_bytes();
    element(
        id,
        &[&[0x80 | track], at.as_slice(), &[0x80], content].concat(),
    )
}

/// Half a second.
fn cluster(index: u8, is_sized: bool) -> Vec<u8> {
    let mut content = number(0xe7, u32::from(index) * 500);
    for frame in 0..5_u8 {
        let at = u16::from(frame) * 100;
        content.extend(block(0xa3, 1, at, &self::frame(1, index * 5 + frame)));
        content.extend(block(0xa3, 3, at, &secret()));
        let inner = block(0xa1, 2, at, &self::frame(2, index * 5 + frame));
        content.extend(element(
            0xa0,
            &[inner, number(0x9b, 100), text(0xc8, "Marylebone")].concat(),
        ));
    }
    content.extend(text(0x4254, "Ada Lovelace"));
    if is_sized {
        return element(0x1f43_b675, &content);
    }
    [
        b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff".as_slice(),
        &content,
    ]
    .concat()
}

/// A second and a half; live it does not say how long it is, nor where anything ends.
pub(crate) fn filled(is_sized: bool) -> Vec<u8> {
    let mut file = element(0x1a45_dfa3, &text(0x4282, "webm"));
    let lead = |id: u32| {
        element(
            0x4dbb,
            &[element(0x53ab, &id.to_be_bytes()), number(0x53ac, 9)].concat(),
        )
    };
    let mut content = element(
        0x114d_9b74,
        &[lead(0x1549_a966), lead(0x1254_c367)].concat(),
    );
    content.extend(info(is_sized.then_some(1500.0)));
    content.extend(tracks());
    for index in 0..3 {
        content.extend(cluster(index, is_sized));
    }
    let tag = [text(0x45a3, "ARTIST"), text(0x4487, "Ada Lovelace")].concat();
    content.extend(element(
        0x1254_c367,
        &element(0x7373, &element(0x67c8, &tag)),
    ));
    let attached = [text(0x466e, "Marylebone.txt"), element(0x465c, &secret())].concat();
    content.extend(element(0x1941_a469, &element(0x61a7, &attached)));
    content.extend(element(0x1043_a770, &secret()));
    if is_sized {
        file.extend(element(0x1853_8067, &content));
        file.extend(trailer());
    } else {
        file.extend(b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff");
        file.extend(content);
    }
    file
}
