//! Headers of MPEG audio frames, of layer III (ISO 11172-3 section 2.4.1.3, ISO 13818-3).

/// What the four bytes before a frame say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    version: Version,
    pub(crate) rate: u32,
    /// With its header.
    pub(crate) bytes: u32,
    /// Of one channel.
    pub(crate) samples: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
    TwoAndHalf,
}

const KILOBITS_OF_ONE: [u32; 14] = [
    32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
];
const KILOBITS_OF_TWO: [u32; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES: [u32; 3] = [44_100, 48_000, 32_000];

impl Frame {
    /// Reads a header. Frames of a bit rate that is not in the table ("free") are not known: their length is not in
    /// the header, and nobody makes them.
    pub(crate) fn read(header: [u8; 4]) -> Option<Self> {
        let [sync, kind, rates, emphasis] = header;
        if sync != 0xff || kind & 0xe6 != 0xe2 {
            return None;
        }
        let (version, divisor, kilobits, samples) = match kind >> 3 & 3 {
            3 => (Version::One, 1, KILOBITS_OF_ONE, 1152),
            2 => (Version::Two, 2, KILOBITS_OF_TWO, 576),
            0 => (Version::TwoAndHalf, 4, KILOBITS_OF_TWO, 576),
            _ => return None,
        };
        // Two is reserved.
        if emphasis & 3 == 2 {
            return None;
        }
        let kilobits = kilobits.get(usize::from(rates >> 4).checked_sub(1)?)?;
        let rate = RATES.get(usize::from(rates >> 2 & 3))? / divisor;
        let padding = u32::from(rates >> 1 & 1);
        Some(Self {
            version,
            rate,
            bytes: samples / 8 * kilobits * 1000 / rate + padding,
            samples,
        })
    }

    /// Whether this can be the next frame of the same sound: the bit rate may change, what decoders are set up for not.
    pub(crate) fn goes_on(self, next: Self) -> bool {
        self.version == next.version && self.rate == next.rate
    }
}

/// The length of an `ID3v2` tag with its header and footer, if one begins with these ten bytes (ID3v2.4 section 3.1).
pub(crate) fn id3_length(header: [u8; 10]) -> Option<u64> {
    let [b'I', b'D', b'3', major, minor, flags, size @ ..] = header else {
        return None;
    };
    if major == 0xff || minor == 0xff || size.iter().any(|byte| byte & 0x80 != 0) {
        return None;
    }
    let size = size
        .iter()
        .fold(0, |size, byte| size << 7 | u64::from(*byte));
    let footer = if flags & 0x10 == 0 { 0 } else { 10 };
    Some(10 + size + footer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_frames() {
        let frame = Frame::read([0xff, 0xfb, 0x90, 0x64]).unwrap();
        assert_eq!(
            (frame.rate, frame.bytes, frame.samples),
            (44_100, 417, 1152)
        );
        let padded = Frame::read([0xff, 0xfb, 0x92, 0x64]).unwrap();
        assert_eq!(padded.bytes, 418);
        assert!(frame.goes_on(padded));
        let low = Frame::read([0xff, 0xf3, 0x40, 0x64]).unwrap();
        assert_eq!((low.rate, low.bytes, low.samples), (22_050, 104, 576));
        assert!(!frame.goes_on(low));
    }

    #[test]
    fn what_is_no_frame() {
        // UTF-16, AAC, layer II, free and bad bit rates, a reserved rate, a reserved emphasis.
        for other in [
            [0xff, 0xfe, 0x41, 0x00],
            [0xff, 0xf1, 0x50, 0x80],
            [0xff, 0xfd, 0x90, 0x64],
            [0xff, 0xfb, 0x00, 0x64],
            [0xff, 0xfb, 0xf0, 0x64],
            [0xff, 0xfb, 0x9c, 0x64],
            [0xff, 0xfb, 0x90, 0x62],
        ] {
            assert_eq!(Frame::read(other), None, "{other:02x?}");
        }
    }

    #[test]
    fn tags_are_as_long_as_they_say() {
        assert_eq!(id3_length(*b"ID3\x04\0\0\0\0\x01\x01"), Some(139));
        assert_eq!(id3_length(*b"ID3\x04\0\x10\0\0\0\x01"), Some(21));
        assert_eq!(id3_length(*b"ID3\x04\0\0\0\0\x80\x01"), None);
        assert_eq!(id3_length(*b"IDD\x04\0\0\0\0\0\x01"), None);
    }
}
