//! The settings of feed; those of the platform are read where they are used.

use std::time::Duration;

use nova_service::config::{ConfigError, Env, Switch};
use nova_service::redis::{Access, Server};
use tonic::transport::Endpoint;

/// A command that takes longer has failed: the database answers instead.
const REDIS_WAIT: Duration = Duration::from_millis(250);

/// How feed is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// `NOVA_REDIS`, `NOVA_REDIS_CLUSTER`, `NOVA_REDIS_CA`: what caches timelines.
    pub redis: Server,
    /// `NOVA_REDIS_PREFIX`: put before every key.
    pub redis_prefix: String,
    /// `NOVA_FEED_TIMELINE_LENGTH`: posts in a cached timeline, 1 to 10,000.
    pub timeline_length: usize,
    /// `NOVA_FEED_PUSH_LIMIT`: posts of authors with more followers are not written to timelines, 0 to 100,000.
    pub push_limit: u32,
    /// `NOVA_FEED_ACTIVE`: how long a feed is in use after it was read, 1 s to a day.
    pub active: Duration,
    /// `NOVA_FEED_REBUILDS`: feeds read from Postgres at a time, each on a connection of its own, 1 to 100.
    pub rebuilds: u32,
    /// `NOVA_FEED_DIRECT_CALL` and `NOVA_FEED_CONTENT`: where content is asked for posts, if it is.
    pub content: Option<Endpoint>,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// The first that is missing or wrong, by name.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        Ok(Self {
            redis: redis(env)?,
            redis_prefix: env.read("NOVA_REDIS_PREFIX", "", "put before every key in Redis")?,
            timeline_length: number(
                env,
                "NOVA_FEED_TIMELINE_LENGTH",
                "500",
                "posts kept in a cached home timeline",
                (1, 10_000, "a number from 1 to 10000"),
            )? as usize,
            push_limit: number(
                env,
                "NOVA_FEED_PUSH_LIMIT",
                "5000",
                "posts of authors with more followers are merged when feeds are read",
                (0, 100_000, "a number from 0 to 100000"),
            )?,
            active: active(env)?,
            rebuilds: number(
                env,
                "NOVA_FEED_REBUILDS",
                "4",
                "feeds read from Postgres alone at a time, on connections of their own",
                (1, 100, "a number from 1 to 100"),
            )?,
            content: content(env)?,
        })
    }
}

fn redis(env: &mut Env) -> Result<Server, ConfigError> {
    let name = "NOVA_REDIS";
    let url = env.read(
        name,
        "redis://127.0.0.1:6379",
        "Redis, redis://host:port, or rediss:// with TLS",
    )?;
    let access = Access::read(env, "NOVA_REDIS_CLUSTER", "NOVA_REDIS_CA")?;
    access.server(name, &url, REDIS_WAIT)
}

fn content(env: &mut Env) -> Result<Option<Endpoint>, ConfigError> {
    let help = "on: posts are read from content over gRPC, and from the copy here when it does not answer within 200 ms";
    let is_on = env
        .read::<Switch>("NOVA_FEED_DIRECT_CALL", "off", help)?
        .is_on();
    let help = "as NOVA_FEED_DIRECT_CALL=on, whatever it says: the name in runbooks of before";
    let is_on_too = env
        .optional::<String>("ENABLE_DIRECT_CALL", help)?
        .is_some();
    let name = "NOVA_FEED_CONTENT";
    let help = "where content answers gRPC, http://host:port, for NOVA_FEED_DIRECT_CALL";
    let value: String = env.read(name, "http://content-service:8080", help)?;
    let wrong = || ConfigError::Invalid {
        name,
        value: value.clone(),
        expects: "an address, http://host:port",
    };
    let address = Endpoint::from_shared(value.clone()).map_err(|_| wrong())?;
    let is_address = address.uri().scheme_str() == Some("http") && address.uri().host().is_some();
    if !is_address {
        return Err(wrong());
    }
    Ok((is_on || is_on_too).then_some(address))
}

fn number(
    env: &mut Env,
    name: &'static str,
    default: &'static str,
    help: &'static str,
    (least, most, expects): (u32, u32, &'static str),
) -> Result<u32, ConfigError> {
    let number: u32 = env.read(name, default, help)?;
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    let value = number.to_string();
    Err(ConfigError::Invalid {
        name,
        value,
        expects,
    })
}

fn active(env: &mut Env) -> Result<Duration, ConfigError> {
    let name = "NOVA_FEED_ACTIVE";
    let help = "how long after it was read a feed's changes are told of";
    let active: Duration = env.read(name, "1h", help)?;
    // Timelines live for a week: a note of who reads must not be older than the day that is allowed for.
    if (Duration::from_secs(1)..=Duration::from_secs(86_400)).contains(&active) {
        return Ok(active);
    }
    Err(ConfigError::Invalid {
        name,
        value: format!("{active:?}"),
        expects: "a duration between 1s and 24h",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<Config, ConfigError> {
        Config::read(&mut Env::of([(name.to_owned(), value.to_owned())]))
    }

    #[test]
    fn content_is_asked_only_if_that_is_said() {
        assert!(read("NOVA_X", "").unwrap().content.is_none());
        assert!(
            read("NOVA_FEED_DIRECT_CALL", "off")
                .unwrap()
                .content
                .is_none()
        );
        for (name, value) in [("NOVA_FEED_DIRECT_CALL", "on"), ("ENABLE_DIRECT_CALL", "0")] {
            let content = read(name, value).unwrap().content.expect("an address");
            assert_eq!(content.uri(), "http://content-service:8080/");
        }
    }

    #[test]
    fn a_wrong_value_is_refused_by_name() {
        assert_eq!(read("NOVA_X", "").unwrap().timeline_length, 500);
        for (name, value) in [
            ("NOVA_FEED_TIMELINE_LENGTH", "0"),
            ("NOVA_FEED_PUSH_LIMIT", "100001"),
            ("NOVA_FEED_ACTIVE", "25h"),
            ("NOVA_FEED_REBUILDS", "0"),
            ("NOVA_FEED_DIRECT_CALL", "perhaps"),
            ("NOVA_FEED_CONTENT", "content:8080"),
            ("NOVA_FEED_CONTENT", "https://content:8080"),
            ("NOVA_REDIS", "here"),
            ("NOVA_REDIS_CLUSTER", "maybe"),
        ] {
            assert!(read(name, value).unwrap_err().to_string().starts_with(name));
        }
    }
}
