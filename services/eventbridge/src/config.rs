//! The settings of eventbridge; those of the platform are read where they are used.

use std::time::Duration;

use nova_event_bus::{BreakerOptions, WhenOpen};
use nova_resilience::{BreakerConfig, BreakerPolicy};
use nova_service::config::{ConfigError, Env, Setting};
use nova_service::platform::PageOrigins;
use nova_service::redis::{Access, Server};

/// A command that takes longer has failed.
pub const REDIS_WAIT: Duration = Duration::from_secs(1);

/// How eventbridge is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// `NOVA_REDIS`, `NOVA_REDIS_CLUSTER`, `NOVA_REDIS_CA`: what keeps the windows and brings events to nodes.
    pub redis: Server,
    /// `NOVA_REDIS_PREFIX`: put before every key.
    pub redis_prefix: String,
    /// `NOVA_EVENTBRIDGE_WINDOW`: most events that are kept of a channel for those who come back, 1 to 100,000.
    pub window: usize,
    /// `NOVA_EVENTBRIDGE_WINDOW_AGE`: how long they are kept at most, 1 min to 30 d.
    pub window_age: Duration,
    /// `NOVA_EVENTBRIDGE_HEARTBEAT`: how often a stream is written something, 1 s to 5 min.
    pub heartbeat: Duration,
    /// `NOVA_EVENTBRIDGE_SPREAD`: clients of a node that stops come back within this time, at most an hour.
    pub spread: Duration,
    /// `NOVA_EVENTBRIDGE_ORIGINS`: pages of these origins may read streams, beside the server's own.
    pub origins: PageOrigins,
    /// `NOVA_EVENTBRIDGE_RULES`: the file with the filter's rules, TOML; empty for none.
    pub rules: String,
    /// `NOVA_EVENTBRIDGE_FAILURE_THRESHOLD`, `_RECOVERY_TIMEOUT`, `_HALF_OPEN_MAX_ATTEMPTS`, `_SUCCESS_THRESHOLD`,
    /// `_DEGRADE`: the breaker of each partition.
    pub breaker: Breaker,
}

/// When a partition is held back, and what becomes of its events meanwhile.
#[derive(Debug, Clone)]
pub struct Breaker {
    config: BreakerConfig,
    degrade: Degrade,
}

impl Breaker {
    /// As the event bus has it.
    #[must_use]
    pub fn options(&self) -> BreakerOptions {
        BreakerOptions {
            config: self.config,
            when_open: match self.degrade {
                Degrade::Drop => WhenOpen::Drop,
                Degrade::Hold => WhenOpen::Hold,
            },
        }
    }
}

/// What becomes of events while a breaker is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Degrade {
    /// They are let go, and every stream is told so.
    Drop,
    /// They wait.
    Hold,
}

impl Setting for Degrade {
    const EXPECTS: &'static str = "drop or hold";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "drop" => Some(Self::Drop),
            "hold" => Some(Self::Hold),
            _ => None,
        }
    }
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
        // By name: `*` would be for cookies of everybody.
        let origins: Option<PageOrigins> = env.optional(
            "NOVA_EVENTBRIDGE_ORIGINS",
            "origins of pages that may read streams beside the server's own, with commas between",
        )?;
        let second = Duration::from_secs(1);
        Ok(Self {
            redis: access.server(name, &url, REDIS_WAIT)?,
            redis_prefix: env.read("NOVA_REDIS_PREFIX", "", "put before every key in Redis")?,
            window: within(
                env,
                "NOVA_EVENTBRIDGE_WINDOW",
                "1000",
                "most events of a channel that are kept for those who come back",
                (1, 100_000, "a number from 1 to 100000"),
            )?,
            window_age: within(
                env,
                "NOVA_EVENTBRIDGE_WINDOW_AGE",
                "1d",
                "how long events are kept for those who come back",
                (
                    60 * second,
                    30 * 86_400 * second,
                    "a duration between 1m and 30d",
                ),
            )?,
            heartbeat: within(
                env,
                "NOVA_EVENTBRIDGE_HEARTBEAT",
                "15s",
                "how often a stream is written something",
                (second, 300 * second, "a duration between 1s and 5m"),
            )?,
            spread: within(
                env,
                "NOVA_EVENTBRIDGE_SPREAD",
                "10s",
                "clients of a node that stops come back within this time",
                (Duration::ZERO, 3_600 * second, "a duration of at most 1h"),
            )?,
            origins: origins.unwrap_or_default(),
            rules: env.read(
                "NOVA_EVENTBRIDGE_RULES",
                "",
                "file with the rules of what reaches clients, TOML",
            )?,
            breaker: breaker(env)?,
        })
    }
}

fn breaker(env: &mut Env) -> Result<Breaker, ConfigError> {
    const MOST: u32 = 1_000;
    let mut count = |name, default, help| {
        within(
            env,
            name,
            default,
            help,
            (1, MOST, "a number from 1 to 1000"),
        )
    };
    let failures = count(
        "NOVA_EVENTBRIDGE_FAILURE_THRESHOLD",
        "5",
        "failures one behind the other that open the breaker of a partition",
    )?;
    let probes = count(
        "NOVA_EVENTBRIDGE_HALF_OPEN_MAX_ATTEMPTS",
        "3",
        "tries at once of a breaker that is half open",
    )?;
    let successes = count(
        "NOVA_EVENTBRIDGE_SUCCESS_THRESHOLD",
        "2",
        "tries that must work before a breaker closes",
    )?;
    let second = Duration::from_secs(1);
    let name = "NOVA_EVENTBRIDGE_RECOVERY_TIMEOUT";
    let recovery = within(
        env,
        name,
        "60s",
        "how long a breaker stays open at most",
        (
            second / 10,
            3_600 * second,
            "a duration between 100ms and 1h",
        ),
    )?;
    let degrade = env.read(
        "NOVA_EVENTBRIDGE_DEGRADE",
        "drop",
        "drop or hold: what becomes of events while a breaker is open",
    )?;
    let config = BreakerConfig::new(BreakerPolicy::Consecutive(failures))
        .and_then(|config| config.open_for(recovery, 1, recovery))
        .and_then(|config| config.half_open(probes, successes))
        .map_err(|_| ConfigError::Invalid {
            name,
            value: format!("{recovery:?}"),
            expects: "a breaker that can open and close",
        })?;
    Ok(Breaker { config, degrade })
}

fn within<T: Setting + PartialOrd + std::fmt::Debug>(
    env: &mut Env,
    name: &'static str,
    default: &'static str,
    help: &'static str,
    (least, most, expects): (T, T, &'static str),
) -> Result<T, ConfigError> {
    let value: T = env.read(name, default, help)?;
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(ConfigError::Invalid {
        name,
        value: format!("{value:?}"),
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
        assert_eq!(defaults.heartbeat, Duration::from_secs(15));
        assert_eq!(defaults.window, 1_000);
        assert_eq!(defaults.breaker.options().when_open, WhenOpen::Drop);
        let hold = config(&[("NOVA_EVENTBRIDGE_DEGRADE", "hold")]).unwrap();
        assert_eq!(hold.breaker.options().when_open, WhenOpen::Hold);
        for (name, value) in [
            ("NOVA_EVENTBRIDGE_HEARTBEAT", "0s"),
            ("NOVA_EVENTBRIDGE_ORIGINS", "*"),
            ("NOVA_EVENTBRIDGE_ORIGINS", "https://a.example, *"),
            ("NOVA_EVENTBRIDGE_ORIGINS", "https://a.example/"),
            ("NOVA_EVENTBRIDGE_WINDOW", "0"),
            ("NOVA_EVENTBRIDGE_WINDOW_AGE", "1s"),
            ("NOVA_EVENTBRIDGE_SPREAD", "2h"),
            ("NOVA_EVENTBRIDGE_FAILURE_THRESHOLD", "0"),
            ("NOVA_EVENTBRIDGE_RECOVERY_TIMEOUT", "0s"),
            ("NOVA_EVENTBRIDGE_DEGRADE", "wait"),
            ("NOVA_REDIS", "http://x"),
        ] {
            let refused = config(&[(name, value)]).unwrap_err().to_string();
            assert!(refused.starts_with(name), "{name}={value}: {refused}");
        }
    }
}
