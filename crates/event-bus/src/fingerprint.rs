//! What fails alike has one name.

use nova_resilience::Code;

/// Twelve hex digits.
const BITS: u32 = 48;

/// Twelve hex digits that name a group of dead letters: events of one type that fail in one handler with
/// one code for one reason. The same in every process and every version: people note it, and the letters
/// of last week are still in their group.
pub(crate) fn fingerprint(event_type: &str, handler: &str, code: Code, reason: &str) -> String {
    let parts = [event_type, handler, code.as_str(), reason];
    // Whoever sent the event chose its type: lengths keep one part from passing for the next.
    let text: String = parts
        .iter()
        .map(|part| format!("{}:{part};", part.len()))
        .collect();
    let hash = fnv1a(text.as_bytes());
    // Folding keeps what cutting off would lose.
    let folded = (hash >> BITS) ^ (hash & ((1 << BITS) - 1));
    format!("{folded:012x}")
}

const PRIME: u64 = 0x0100_0000_01b3;

/// FNV-1a with 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): its definition never changes.
/// Whoever chooses the bytes can make two that are equal, so nothing may depend on that they differ.
pub(crate) const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        hash = (hash ^ *byte as u64).wrapping_mul(PRIME);
        rest = after;
    }
    hash
}

/// The same hash of several parts, none of which passes for another.
pub(crate) struct Fnv(u64);

impl Fnv {
    pub(crate) const fn new() -> Self {
        Self(fnv1a(&[]))
    }

    /// A part that may be missing, which is not the same as empty.
    pub(crate) fn part(&mut self, part: Option<&[u8]>) {
        let length = part.map_or(u64::MAX, |part| part.len() as u64);
        self.bytes(&length.to_le_bytes());
        self.bytes(part.unwrap_or_default());
    }

    pub(crate) const fn done(&self) -> u64 {
        self.0
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_its_definition() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_fingerprint_never_changes() {
        let print = fingerprint(
            "nova.content.v1.PostCreated",
            "feed",
            Code::Conflict,
            "gone",
        );
        assert_eq!(print, "cf97a4eaac5b");
    }

    #[test]
    fn each_part_counts() {
        let prints = [
            fingerprint("a", "b", Code::Invalid, "c"),
            fingerprint("ab", "", Code::Invalid, "c"),
            fingerprint("a", "b", Code::Internal, "c"),
            fingerprint("a", "b", Code::Invalid, "d"),
        ];
        for (number, print) in prints.iter().enumerate() {
            assert_eq!(print.len(), 12);
            assert!(!prints[..number].contains(print), "{prints:?}");
        }
    }
}
