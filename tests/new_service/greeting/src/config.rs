//! The settings of greeting; those of the platform are read where they are used.

use nova_service::config::{ConfigError, Env};

/// How greeting is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// `NOVA_GREETING_WELCOME`: what new users are greeted with.
    pub welcome: String,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// The first that is missing or wrong, by name.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        Ok(Self {
            welcome: env.read(
                "NOVA_GREETING_WELCOME",
                "Welcome",
                "what new users are greeted with",
            )?,
        })
    }
}
