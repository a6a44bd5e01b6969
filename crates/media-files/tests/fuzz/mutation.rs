//! How files are damaged.

use nova_media_files::Format;

use crate::made;

/// Numbers by the rule of Sebastiano Vigna's `SplitMix64`: the same seed, the same numbers, for ever.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Numbers at which programs trip.
const SHARP: [u64; 12] = [
    0,
    1,
    2,
    7,
    8,
    0x7f,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    u64::MAX,
];

/// Damages a file in one to six places; afterwards its sums are right again more often than not, or nothing behind
/// them would ever be reached.
pub(crate) fn mutate(random: &mut Random, format: Format, file: &mut Vec<u8>, others: &[u8]) {
    for _ in 0..=random.below(6) {
        damage(random, file, others);
    }
    // What can be refused for its size only.
    file.truncate(64 << 10);
    if random.below(4) > 0 {
        match format {
            Format::Png => made::png::sum_again(file),
            Format::Ogg => made::ogg::sum_again(file),
            _ => {}
        }
    }
}

fn damage(random: &mut Random, file: &mut Vec<u8>, others: &[u8]) {
    if file.is_empty() {
        return;
    }
    // Heads are where everything is decided.
    let reach = if random.below(2) == 0 {
        file.len()
    } else {
        file.len().min(400)
    };
    let at = random.below(reach);
    let end = (at + 1 + random.below(80)).min(file.len());
    match random.below(9) {
        0 => file[at] ^= 1 << random.below(8),
        1 => file[at] = random.next() as u8,
        2 => {
            let width = 1 << random.below(4);
            let number = SHARP[random.below(SHARP.len())];
            let bytes = if random.below(2) == 0 {
                number.to_be_bytes()
            } else {
                number.to_le_bytes()
            };
            let from = if random.below(2) == 0 {
                &bytes[8 - width..]
            } else {
                &bytes[..width]
            };
            for (byte, new) in file[at..].iter_mut().zip(from) {
                *byte = *new;
            }
        }
        3 => file.truncate(at),
        4 => drop(file.drain(at..end)),
        5 => {
            let piece = file[at..end].to_vec();
            let times = 1 + random.below(20);
            let to = random.below(file.len());
            file.splice(to..to, piece.repeat(times));
        }
        6 => {
            let from = random.below(others.len());
            let piece = &others[from..(from + 1 + random.below(300)).min(others.len())];
            file.splice(at..at, piece.iter().copied());
        }
        7 => {
            let piece = file[at..end].to_vec();
            let to = random.below(file.len() - piece.len() + 1);
            file[to..to + piece.len()].copy_from_slice(&piece);
        }
        _ => file[at..end].fill(if random.below(2) == 0 { 0 } else { 0xff }),
    }
}
