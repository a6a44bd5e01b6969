//! Opaque cursors that only this platform can have made.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nova_resilience::{Code, Fault, FieldError};

use crate::config::{ConfigError, Env};
use crate::mac::{MacKey, TAG};

/// Longer texts are not cursors of ours and are refused unread.
const LONGEST_CURSOR: usize = 512;

/// Seals the position in a list into a cursor, and opens it again.
#[derive(Debug, Clone)]
pub struct CursorKey(MacKey);

/// A text that is not a cursor of this list: changed, of another list, or made with another secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one of this list")]
pub struct InvalidCursor([FieldError; 1]);

impl InvalidCursor {
    /// The fault, for positions that cannot be read although their cursor was sealed here.
    #[must_use]
    pub fn new() -> Self {
        Self([FieldError::new(
            "cursor",
            "invalid_cursor",
            "is not a cursor of this list",
        )])
    }
}

impl Default for InvalidCursor {
    fn default() -> Self {
        Self::new()
    }
}

impl Fault for InvalidCursor {
    fn code(&self) -> Code {
        Code::Invalid
    }

    fn reason(&self) -> &'static str {
        "invalid_cursor"
    }

    fn fields(&self) -> &[FieldError] {
        &self.0
    }
}

const PURPOSE: &[u8] = b"nova cursor v1";

impl CursorKey {
    /// Reads `NOVA_SECRET`; the key of cursors is derived from it.
    ///
    /// # Errors
    /// When it is missing, not base64, or shorter than 32 bytes.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        MacKey::read(env, PURPOSE).map(Self)
    }

    /// The key of cursors that belongs to a master secret.
    #[must_use]
    pub fn derived_from(master: &[u8]) -> Self {
        Self(MacKey::derive(master, PURPOSE))
    }

    /// A cursor for a position. `list` names the list and its scope (`feed:<user>`): the cursor opens
    /// in no other. The position can be read by whoever holds the cursor; it cannot be changed.
    #[must_use]
    pub fn seal(&self, list: &str, position: &[u8]) -> String {
        let mut sealed = Vec::with_capacity(position.len() + TAG);
        sealed.extend_from_slice(position);
        sealed.extend_from_slice(&self.0.tag(&parts(&length_of(list), list, position)));
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The position in a cursor that [`Self::seal`] made for the same list.
    ///
    /// # Errors
    /// [`InvalidCursor`] for every other text.
    pub fn open(&self, list: &str, cursor: &str) -> Result<Vec<u8>, InvalidCursor> {
        if cursor.len() > LONGEST_CURSOR {
            return Err(InvalidCursor::new());
        }
        let mut sealed = URL_SAFE_NO_PAD
            .decode(cursor)
            .map_err(|_| InvalidCursor::new())?;
        let end = sealed
            .len()
            .checked_sub(TAG)
            .ok_or_else(InvalidCursor::new)?;
        let (position, tag) = sealed.split_at(end);
        if !self.0.is_tag(&parts(&length_of(list), list, position), tag) {
            return Err(InvalidCursor::new());
        }
        sealed.truncate(end);
        Ok(sealed)
    }
}

/// It keeps the end of the name apart from the beginning of the position.
const fn length_of(list: &str) -> [u8; 8] {
    (list.len() as u64).to_le_bytes()
}

/// What is signed.
const fn parts<'a>(length: &'a [u8; 8], list: &'a str, position: &'a [u8]) -> [&'a [u8]; 3] {
    [length, list.as_bytes(), position]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> CursorKey {
        CursorKey::derived_from(&[7; 32])
    }

    #[test]
    fn a_cursor_opens_in_its_own_list_only() {
        let cursor = key().seal("feed:1", b"position");
        assert_eq!(key().open("feed:1", &cursor), Ok(b"position".to_vec()));
        assert_eq!(key().open("feed:2", &cursor), Err(InvalidCursor::new()));
        assert_eq!(
            key().open("feed:1p", &key().seal("feed:1", b"pos")),
            Err(InvalidCursor::new())
        );
        assert!(
            CursorKey::derived_from(&[8; 32])
                .open("feed:1", &cursor)
                .is_err()
        );
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let cursor = key().seal("feed", b"0123456789abcdef!");
        for place in 0..cursor.len() {
            for other in ["A", "B", "_", "=", "/"] {
                let mut changed = cursor.clone();
                changed.replace_range(place..=place, other);
                assert_eq!(
                    changed == cursor,
                    key().open("feed", &changed).is_ok(),
                    "{changed}"
                );
            }
        }
        for wrong in [
            "",
            "AAAA",
            &cursor[1..],
            &format!("{cursor}A"),
            &"A".repeat(10_000),
            "ü",
        ] {
            assert!(key().open("feed", wrong).is_err(), "{wrong}");
        }
    }
}
