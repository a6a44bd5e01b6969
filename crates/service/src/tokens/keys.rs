//! The keys that access tokens are checked with.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::config::{ConfigError, Env, Setting};

/// The public keys that tokens may be signed with: `kid:base64url(32 bytes)`, separated by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKeys(Vec<(String, [u8; 32])>);

impl TokenKeys {
    /// Keys by their ids.
    #[must_use]
    pub const fn new(keys: Vec<(String, [u8; 32])>) -> Self {
        Self(keys)
    }

    /// Reads `NOVA_TOKEN_KEYS`.
    ///
    /// # Errors
    /// When it is not set or cannot be read.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        env.required(
            "NOVA_TOKEN_KEYS",
            "public Ed25519 keys of access tokens, kid:base64url[,kid:base64url]",
        )
    }

    /// Each key id with its raw Ed25519 public key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8; 32])> {
        self.0.iter().map(|(kid, key)| (kid.as_str(), key))
    }
}

impl fmt::Display for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (kid, key)) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{kid}:{}", URL_SAFE_NO_PAD.encode(key))?;
        }
        Ok(())
    }
}

impl Setting for TokenKeys {
    const EXPECTS: &'static str =
        "a list kid:key[,kid:key] of different ids, each key 32 bytes in base64url without padding";

    fn parse(text: &str) -> Option<Self> {
        let mut keys: Vec<(String, [u8; 32])> = Vec::new();
        for item in text.split(',') {
            let (kid, key) = item.trim().split_once(':')?;
            let key = URL_SAFE_NO_PAD.decode(key).ok()?.try_into().ok()?;
            if kid.is_empty() || keys.iter().any(|(other, _)| other == kid) {
                return None;
            }
            keys.push((kid.to_owned(), key));
        }
        Some(Self(keys))
    }

    /// Public, but long: the ids say enough.
    fn shown(text: &str) -> Cow<'_, str> {
        Self::parse(text).map_or(Cow::Borrowed(text), |keys| {
            let kids: Vec<&str> = keys.iter().map(|(kid, _)| kid).collect();
            Cow::Owned(format!("keys {}", kids.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let keys = TokenKeys::new(vec![("a".to_owned(), [1; 32]), ("b".to_owned(), [2; 32])]);
        assert_eq!(TokenKeys::parse(&keys.to_string()), Some(keys.clone()));
        assert_eq!(TokenKeys::shown(&keys.to_string()), "keys a, b");
        for wrong in ["", "a", "a:", ":AAAA", "a:AAAA"] {
            assert_eq!(TokenKeys::parse(wrong), None, "{wrong}");
        }
        let twice = format!("{keys},{keys}");
        assert_eq!(TokenKeys::parse(&twice), None);
    }
}
