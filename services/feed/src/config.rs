//! The settings of feed; those of the platform are read where they are used.

use nova_service::config::{ConfigError, Env};
use url::Url;

/// How feed is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// `NOVA_REDIS`: the server that caches timelines.
    pub redis: Url,
    /// `NOVA_REDIS_PREFIX`: put before every key.
    pub redis_prefix: String,
    /// `NOVA_FEED_TIMELINE_LENGTH`: posts in a cached timeline, 1 to 10,000.
    pub timeline_length: usize,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// The first that is missing or wrong, by name.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let name = "NOVA_FEED_TIMELINE_LENGTH";
        let timeline_length: usize =
            env.read(name, "500", "posts kept in a cached home timeline")?;
        if !(1..=10_000).contains(&timeline_length) {
            let value = timeline_length.to_string();
            return Err(ConfigError::Invalid {
                name,
                value,
                expects: "a number from 1 to 10000",
            });
        }
        Ok(Self {
            redis: env.read(
                "NOVA_REDIS",
                "redis://127.0.0.1:6379",
                "Redis, redis://host:port",
            )?,
            redis_prefix: env.read("NOVA_REDIS_PREFIX", "", "put before every key in Redis")?,
            timeline_length,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<Config, ConfigError> {
        Config::read(&mut Env::of([(name.to_owned(), value.to_owned())]))
    }

    #[test]
    fn a_wrong_value_is_refused_by_name() {
        assert_eq!(read("NOVA_X", "").unwrap().timeline_length, 500);
        for (name, value) in [("NOVA_FEED_TIMELINE_LENGTH", "0"), ("NOVA_REDIS", "here")] {
            assert!(read(name, value).unwrap_err().to_string().starts_with(name));
        }
    }
}
