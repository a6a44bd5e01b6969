//! OGG.

use super::secret;

fn sum(page: &[u8]) -> u32 {
    page.iter().fold(0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            if sum & 0x8000_0000 == 0 {
                sum << 1
            } else {
                sum << 1 ^ 0x04c1_1db7
            }
        })
    })
}

/// A page of whole packets.
fn page(flags: u8, granule: u64, number: u32, packets: &[&[u8]]) -> Vec<u8> {
    let lacing: Vec<u8> = packets
        .iter()
        .flat_map(|packet| {
            [
                vec![255; packet.len() / 255],
                vec![(packet.len() % 255) as u8],
            ]
            .concat()
        })
        .collect();
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend(granule.to_le_bytes());
    page.extend(77_u32.to_le_bytes());
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    page.push(u8::try_from(lacing.len()).unwrap());
    page.extend(lacing);
    page.extend(packets.concat());
    let sum = sum(&page);
    page[22..26].copy_from_slice(&sum.to_le_bytes());
    page
}

fn comments() -> Vec<u8> {
    let secret = secret();
    let length = u32::try_from(secret.len()).unwrap().to_le_bytes();
    let picture = [b"METADATA_BLOCK_PICTURE=".as_slice(), &secret.repeat(30)].concat();
    let long = u32::try_from(picture.len()).unwrap().to_le_bytes();
    [
        &length,
        secret.as_slice(),
        &[2, 0, 0, 0],
        &length,
        &secret,
        &long,
        &picture,
    ]
    .concat()
}

fn sound(at: u8) -> Vec<u8> {
    (0..300_u32).map(|byte| (byte * 3) as u8 ^ at).collect()
}

/// What sounds like nothing, in the right form: two seconds.
pub(crate) fn vorbis() -> Vec<u8> {
    let mut begin = b"\x01vorbis\0\0\0\0\x02".to_vec();
    begin.extend(44_100_u32.to_le_bytes());
    begin.extend([0; 12]);
    begin.extend([0xb8, 1]);
    let comments = [b"\x03vorbis".as_slice(), &comments(), &[1]].concat();
    let codebooks = [b"\x05vorbis".as_slice(), &[9; 700]].concat();
    let mut file = page(2, 0, 0, &[&begin]);
    // So long that they need two pages.
    file.extend(page(0, 0, 1, &[&comments, &codebooks]));
    for number in 0..10_u8 {
        let flags = if number == 9 { 4 } else { 0 };
        let granule = u64::from(number + 1) * 8_820;
        file.extend(page(
            flags,
            granule,
            u32::from(number) + 2,
            &[&sound(number), &sound(number + 100)],
        ));
    }
    file.extend(secret());
    file
}

/// One second and half a second more after it, by another station.
pub(crate) fn opus() -> Vec<u8> {
    let mut file = Vec::new();
    for pages in [10_u8, 5] {
        let begin = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0";
        file.extend(page(2, 0, 0, &[begin]));
        file.extend(page(
            0,
            0,
            1,
            &[&[b"OpusTags".as_slice(), &comments()].concat()],
        ));
        for number in 0..pages {
            let flags = if number + 1 == pages { 4 } else { 0 };
            let granule = u64::from(number + 1) * 4_800 + 312;
            file.extend(page(
                flags,
                granule,
                u32::from(number) + 2,
                &[&sound(number)],
            ));
        }
    }
    file
}

/// Makes all sums right again, as far as there are whole pages.
#[allow(
    dead_code,
    reason = "one of the programs that share this file has no use for it"
)]
pub(crate) fn sum_again(file: &mut [u8]) {
    let mut at = 0;
    while file.get(at..at + 4) == Some(b"OggS") {
        let Some(segments) = file.get(at + 26).copied().map(usize::from) else {
            return;
        };
        let Some(lacing) = file.get(at + 27..at + 27 + segments) else {
            return;
        };
        let body: usize = lacing.iter().copied().map(usize::from).sum();
        let Some(page) = file.get_mut(at..at + 27 + segments + body) else {
            return;
        };
        page[22..26].fill(0);
        let sum = sum(page);
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        at += 27 + segments + body;
    }
}
