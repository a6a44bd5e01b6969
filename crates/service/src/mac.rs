//! Tags that only this platform can have made: one key for each purpose, all derived from `NOVA_SECRET`.

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::config::{ConfigError, Env, Secret, Setting};

/// Bytes of the HMAC-SHA256 tag that are kept: 128 bits, as RFC 2104 section 5 allows.
pub const TAG: usize = 16;

/// The key of a purpose: no two purposes have the same.
#[derive(Debug, Clone)]
pub struct MacKey(hmac::Key);

impl MacKey {
    /// Reads `NOVA_SECRET`, and derives the key from it.
    ///
    /// # Errors
    /// When it is missing, not base64, or shorter than 32 bytes.
    pub fn read(env: &mut Env, purpose: &[u8]) -> Result<Self, ConfigError> {
        let master: MasterSecret = env.required(
            "NOVA_SECRET",
            "32 or more random bytes in base64; signs cursors and links",
        )?;
        Ok(Self::derive(&master.0, purpose))
    }

    /// The key that belongs to a master secret.
    #[must_use]
    pub fn derive(master: &[u8], purpose: &[u8]) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, master);
        let key = hmac::sign(&master, purpose);
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    /// The tag of these parts, one behind the other: whoever passes several keeps them apart.
    #[must_use]
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; TAG] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        let mut tag = [0; TAG];
        tag.copy_from_slice(&context.sign().as_ref()[..TAG]);
        tag
    }

    /// Whether that is the [`Self::tag`] of these parts, in the same time whatever it is.
    #[must_use]
    pub fn is_tag(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(&self.tag(parts), tag).is_ok()
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

    #[test]
    fn a_short_secret_is_refused_and_not_repeated() {
        let mut env = Env::of([("NOVA_SECRET".to_owned(), "aHVzaA==".to_owned())]);
        let refused = MacKey::read(&mut env, b"a test").unwrap_err().to_string();
        assert_eq!(
            refused,
            "NOVA_SECRET: \"***\" is not at least 32 random bytes in base64"
        );
        assert!(MasterSecret::parse(&"A".repeat(43)).is_some());
    }
}
