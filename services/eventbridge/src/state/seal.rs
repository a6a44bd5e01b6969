//! The key that ids and tickets are signed with.

use nova_service::config::{ConfigError, Env};
use nova_service::mac::MacKey;

use crate::domain::event_id::Seal;

/// Derived from `NOVA_SECRET`, so that every node reads what another has written.
#[derive(Debug, Clone)]
pub struct Key(MacKey);

impl Key {
    /// Reads `NOVA_SECRET`.
    ///
    /// # Errors
    /// When it is missing, not base64, or shorter than 32 bytes.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        MacKey::read(env, b"nova event id v1").map(Self)
    }
}

impl Seal for Key {
    fn tag(&self, parts: &[&[u8]]) -> [u8; 16] {
        self.0.tag(parts)
    }
}
