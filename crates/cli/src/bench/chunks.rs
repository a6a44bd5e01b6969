//! Bodies in chunks (RFC 9112, section 7.1).

/// Where a chunked body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunks {
    /// In the size, which is so much until now; whether its digits are over.
    Size(u64, bool),
    /// So many bytes of a chunk are still to come.
    Data(u64),
    /// So many bytes of the line end behind a chunk are.
    End(u8),
    /// The last chunk was there.
    Over,
}

impl Chunks {
    pub(super) const BEGIN: Self = Self::Size(0, false);

    /// Hands the data in these bytes to `take`. False when this is no body in chunks, or it is over.
    pub(super) fn read(&mut self, bytes: &[u8], mut take: impl FnMut(&[u8])) -> bool {
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            match *self {
                Self::Size(size, over) => {
                    let digit = char::from(*first).to_digit(16).filter(|_| !over);
                    *self = match (first, digit) {
                        (b'\n', _) if size == 0 => Self::Over,
                        (b'\n', _) => Self::Data(size),
                        (_, Some(_)) if size >> 32 != 0 => return false,
                        (_, Some(digit)) => Self::Size(size << 4 | u64::from(digit), false),
                        // An extension, or the line's end.
                        (_, None) => Self::Size(size, true),
                    };
                    rest = rest.get(1..).unwrap_or_default();
                }
                Self::Data(size) => {
                    let here = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
                    let (data, after) = rest.split_at(here);
                    take(data);
                    rest = after;
                    *self = match size - here as u64 {
                        0 => Self::End(2),
                        left => Self::Data(left),
                    };
                }
                Self::End(left) => {
                    rest = rest.get(1..).unwrap_or_default();
                    *self = if left > 1 {
                        Self::End(left - 1)
                    } else {
                        Self::BEGIN
                    };
                }
                Self::Over => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_the_same_however_it_is_cut() {
        let body = b"5\r\nhello\r\n10;x=1\r\n0123456789abcdef\r\n1\r\n!\r\n";
        for size in 1..=body.len() {
            let mut chunks = Chunks::BEGIN;
            let mut data = Vec::new();
            for bytes in body.chunks(size) {
                assert!(chunks.read(bytes, |some| data.extend_from_slice(some)));
            }
            assert_eq!(data, b"hello0123456789abcdef!", "{size}");
        }
    }

    #[test]
    fn a_body_ends_with_the_last_chunk() {
        let mut chunks = Chunks::BEGIN;
        assert!(!chunks.read(b"1\r\nx\r\n0\r\n\r\n", |_| {}));
        chunks = Chunks::BEGIN;
        assert!(!chunks.read(b"fffffffffffffff\r\n", |_| {}));
    }
}
