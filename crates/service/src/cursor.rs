//! Opaque cursors that only this platform can have made.

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use nova_resilience::{Code, Fault, FieldError};

use crate::config::{ConfigError, Env, Secret, Setting};

/// Longer texts are not cursors of ours and are refused unread.
const LONGEST_CURSOR: usize = 512;

/// Bytes of the HMAC-SHA256 tag that are kept: 128 bits, as RFC 2104 section 5 allows.
const TAG: usize = 16;

/// Seals the position in a list into a cursor, and opens it again.
#[derive(Debug, Clone)]
pub struct CursorKey(hmac::Key);

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

/// Reads `NOVA_SECRET` and derives the key of a purpose from it: no two purposes have the same.
pub(crate) fn key_for(env: &mut Env, purpose: &[u8]) -> Result<hmac::Key, ConfigError> {
    let master: MasterSecret = env.required(
        "NOVA_SECRET",
        "32 or more random bytes in base64; signs cursors and links",
    )?;
    Ok(derive(&master.0, purpose))
}

pub(crate) fn derive(master: &[u8], purpose: &[u8]) -> hmac::Key {
    let master = hmac::Key::new(hmac::HMAC_SHA256, master);
    let key = hmac::sign(&master, purpose);
    hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())
}

impl CursorKey {
    /// Reads `NOVA_SECRET`; the key of cursors is derived from it.
    ///
    /// # Errors
    /// When it is missing, not base64, or shorter than 32 bytes.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        key_for(env, PURPOSE).map(Self)
    }

    /// The key of cursors that belongs to a master secret.
    #[must_use]
    pub fn derived_from(master: &[u8]) -> Self {
        Self(derive(master, PURPOSE))
    }

    /// A cursor for a position. `list` names the list and its scope (`feed:<user>`): the cursor opens
    /// in no other. The position can be read by whoever holds the cursor; it cannot be changed.
    #[must_use]
    pub fn seal(&self, list: &str, position: &[u8]) -> String {
        let mut sealed = Vec::with_capacity(position.len() + TAG);
        sealed.extend_from_slice(position);
        sealed.extend_from_slice(&self.tag(list, position).as_ref()[..TAG]);
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
        constant_time::verify_slices_are_equal(&self.tag(list, position).as_ref()[..TAG], tag)
            .map_err(|_| InvalidCursor::new())?;
        sealed.truncate(end);
        Ok(sealed)
    }

    fn tag(&self, list: &str, position: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        // The length keeps the end of the name apart from the beginning of the position.
        context.update(&(list.len() as u64).to_le_bytes());
        context.update(list.as_bytes());
        context.update(position);
        context.sign()
    }
}

/// The secret that keys for single purposes are derived from.
struct MasterSecret(Vec<u8>);

impl Setting for MasterSecret {
    const EXPECTS: &'static str = "at least 32 random bytes in base64";

    fn parse(text: &str) -> Option<Self> {
        let lenient =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let standard = GeneralPurpose::new(&alphabet::STANDARD, lenient);
        let url_safe = GeneralPurpose::new(&alphabet::URL_SAFE, lenient);
        let bytes = standard
            .decode(text)
            .or_else(|_| url_safe.decode(text))
            .ok()?;
        (bytes.len() >= 32).then_some(Self(bytes))
    }

    fn shown(text: &str) -> std::borrow::Cow<'_, str> {
        Secret::shown(text)
    }
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

    #[test]
    fn a_short_secret_is_refused_and_not_repeated() {
        let mut env = Env::of([("NOVA_SECRET".to_owned(), "aHVzaA==".to_owned())]);
        let refused = CursorKey::read(&mut env).unwrap_err().to_string();
        assert_eq!(
            refused,
            "NOVA_SECRET: \"***\" is not at least 32 random bytes in base64"
        );
        assert!(MasterSecret::parse(&"A".repeat(43)).is_some());
    }
}
