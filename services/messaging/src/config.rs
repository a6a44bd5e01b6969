//! The settings of messaging; those of the platform are read where they are used.

use std::time::Duration;

use nova_service::config::{ConfigError, Env};
use nova_service::idempotency;

/// How messaging is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// `NOVA_IDEMPOTENCY_TTL`: how long an Idempotency-Key is remembered.
    pub idempotency_ttl: Duration,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// When the one there is makes no sense.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        Ok(Self {
            idempotency_ttl: idempotency::read_ttl(env)?,
        })
    }
}
