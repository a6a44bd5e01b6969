//! The settings of realtime-chat; those of the platform are read where they are used.

use std::time::Duration;

use nova_service::config::{ConfigError, Env};
use nova_service::redis::{Access, Server};

/// A command that takes longer has failed: Postgres tells instead.
pub const REDIS_WAIT: Duration = Duration::from_millis(250);
/// The same, of the connection on which notices are waited for a second at a time.
pub const NOTICE_WAIT: Duration = Duration::from_secs(3);

const DAY: Duration = Duration::from_secs(86_400);

/// How realtime-chat is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// `NOVA_REDIS`, `NOVA_REDIS_CLUSTER`, `NOVA_REDIS_CA`: what routes between nodes.
    pub redis: Server,
    /// The same, for the connection on which notices are waited for.
    pub notices: Server,
    /// `NOVA_REDIS_PREFIX`: put before every key.
    pub redis_prefix: String,
    /// `NOVA_CHAT_RETENTION`: how long changes are kept for those who resume, 1 s to a year.
    pub retention: Duration,
    /// `NOVA_CHAT_ORIGINS`: pages of these origins may connect, beside the server's own.
    pub origins: Vec<String>,
    /// `NOVA_CHAT_SPREAD`: sockets of a node that stops are told to come back within this time, each at another one, at
    /// most an hour.
    pub spread: Duration,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// The first that is missing or wrong, by name.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let name = "NOVA_REDIS";
        let url = env.read(
            name,
            "redis://127.0.0.1:6379",
            "Redis, redis://host:port, or rediss:// with TLS",
        )?;
        let access = Access::read(env, "NOVA_REDIS_CLUSTER", "NOVA_REDIS_CA")?;
        let origins: String = env.read(
            "NOVA_CHAT_ORIGINS",
            "",
            "origins of pages that may open chat sockets beside the server's own, with commas between",
        )?;
        Ok(Self {
            redis: access.server(name, &url, REDIS_WAIT)?,
            notices: access.server(name, &url, NOTICE_WAIT)?,
            redis_prefix: env.read("NOVA_REDIS_PREFIX", "", "put before every key in Redis")?,
            retention: duration(
                env,
                "NOVA_CHAT_RETENTION",
                "7d",
                "how long changes of conversations are kept for those who resume",
                (
                    Duration::from_secs(1),
                    366 * DAY,
                    "a duration between 1s and 366d",
                ),
            )?,
            origins: origins
                .split(',')
                .map(|origin| origin.trim().to_ascii_lowercase())
                .filter(|origin| !origin.is_empty())
                .collect(),
            spread: duration(
                env,
                "NOVA_CHAT_SPREAD",
                "10s",
                "sockets of a node that stops are told to come back within this time, each at another one",
                (Duration::ZERO, DAY / 24, "a duration of at most 1h"),
            )?,
        })
    }
}

fn duration(
    env: &mut Env,
    name: &'static str,
    default: &'static str,
    help: &'static str,
    (least, most, expects): (Duration, Duration, &'static str),
) -> Result<Duration, ConfigError> {
    let duration: Duration = env.read(name, default, help)?;
    if (least..=most).contains(&duration) {
        return Ok(duration);
    }
    Err(ConfigError::Invalid {
        name,
        value: format!("{duration:?}"),
        expects,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::read(&mut Env::of(settings))
    }

    #[test]
    fn settings_have_defaults_and_limits() {
        let defaults = config(&[]).unwrap();
        assert_eq!(defaults.retention, 7 * DAY);
        assert!(defaults.origins.is_empty());
        let origins = config(&[("NOVA_CHAT_ORIGINS", "https://A.example, http://b:3")]).unwrap();
        assert_eq!(origins.origins, ["https://a.example", "http://b:3"]);
        for (name, value) in [
            ("NOVA_CHAT_RETENTION", "0s"),
            ("NOVA_CHAT_RETENTION", "1000d"),
            ("NOVA_CHAT_SPREAD", "2h"),
            ("NOVA_REDIS", "http://x"),
        ] {
            assert!(config(&[(name, value)]).is_err(), "{name}={value}");
        }
    }
}
