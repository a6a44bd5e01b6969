#![doc = include_str!("../README.md")]

pub mod build;
pub mod config;
pub mod cursor;
pub mod erasure;
pub mod exports;
pub mod grpc;
pub mod http;
pub mod idempotency;
pub mod link;
pub mod mac;
pub mod platform;
pub mod postgres;
mod process;
pub mod rate_limit;
mod ready;
pub mod redis;
pub mod rfc3339;
pub mod rounds;
pub mod telemetry;
pub mod tokens;

pub use config::{ConfigError, Env};
pub use platform::{Bound, Platform, Service};
pub use process::{exit_code, main};

/// Asks for every setting of this crate, so that [`Env::settings`] lists them, and gives what is
/// wrong with them. Nothing is connected to: this is for `nova config`.
pub fn read_settings(env: &mut Env) -> Vec<ConfigError> {
    let wrong = [
        Platform::read(env).err(),
        cursor::CursorKey::read(env).err(),
        idempotency::read_ttl(env).err(),
        postgres::Settings::read(env, "service").err(),
        rate_limit::RateLimits::read(env).err(),
        telemetry::Settings::read(env).err(),
    ];
    wrong.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_does_not_hide_other_settings() {
        let mut env = Env::of([("NOVA_LOG_FORMAT".to_owned(), "xml".to_owned())]);
        let wrong: Vec<String> = read_settings(&mut env)
            .iter()
            .map(ToString::to_string)
            .collect();
        let named = |name: &str| wrong.iter().any(|wrong| wrong.starts_with(name));
        for name in [
            "NOVA_SECRET ",
            "NOVA_POSTGRES ",
            "NOVA_TOKEN_KEYS ",
            "NOVA_LOG_FORMAT:",
        ] {
            assert!(named(name), "{name} in {wrong:?}");
        }
    }

    #[test]
    fn the_readme_lists_every_setting_with_its_default() {
        let given = [
            ("NOVA_POSTGRES", "postgres://nova@127.0.0.1:1/nova"),
            (
                "NOVA_SECRET",
                "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            ),
            (
                "NOVA_TOKEN_KEYS",
                "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            ),
        ];
        let mut env = Env::of(given.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(read_settings(&mut env), []);
        let rows = include_str!("../README.md")
            .lines()
            .filter(|line| line.starts_with("| `NOVA_"));
        let written: Vec<(&str, &str)> = rows
            .map(|row| {
                let mut cells = row
                    .split('|')
                    .skip(1)
                    .map(|cell| cell.trim().trim_matches('`'));
                (cells.next().unwrap(), cells.next().unwrap())
            })
            .collect();
        let asked = env.settings().iter();
        let asked: Vec<(&str, &str)> = asked
            .map(|known| (known.name, known.default.unwrap_or("required")))
            .collect();
        assert_eq!(written, asked);
    }
}
