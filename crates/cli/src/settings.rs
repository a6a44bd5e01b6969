//! The settings of everything that `nova up` runs.

use std::path::Path;

use nova_event_bus::{ConsumerOptions, KafkaConfig};
use nova_service::config::Known;
use nova_service::platform::DRAIN_DELAY;
use nova_service::{ConfigError, Env};

use crate::environment::Settings;
use crate::{platform, secrets};

/// Where mails go.
const MAIL: &str = "NOVA_MAIL";
const MEDIA_STORE: &str = "NOVA_MEDIA_STORE";

/// Adds what holds in `nova up` unless it is given: nobody has to learn that it stops, so requests are not taken
/// for longer, and mails go no further than into the folder `mail` among its data.
pub(crate) fn complete(settings: &mut Settings, data: &Path) {
    settings
        .entry(MAIL.to_owned())
        .or_insert_with(|| format!("folder:{}", data.join("mail").display()));
    settings
        .entry(MEDIA_STORE.to_owned())
        .or_insert_with(|| format!("file:{}", data.join("media").display()));
    settings
        .entry(DRAIN_DELAY.to_owned())
        .or_insert_with(|| "0s".to_owned());
}

/// Reads everything that the platform and its services can be told, and starts nothing. What `nova up`
/// sees to itself (addresses of servers, secrets) may be missing.
///
/// # Errors
/// The first setting that is wrong, by name.
pub(crate) fn read_all(settings: &Settings) -> anyhow::Result<Vec<Known>> {
    let mut vars = settings.clone();
    secrets::complete_for_now(&mut vars)?;
    vars.entry("NOVA_POSTGRES".to_owned())
        .or_insert_with(|| "postgres://127.0.0.1/nova".to_owned());
    vars.entry(MAIL.to_owned())
        .or_insert_with(|| "folder:mail".to_owned());
    vars.entry(MEDIA_STORE.to_owned())
        .or_insert_with(|| "file:media".to_owned());
    let mut env = Env::of(vars);
    let wrong = nova_service::read_settings(&mut env)
        .into_iter()
        .find(|error| !matches!(error, ConfigError::Missing { .. }));
    if let Some(wrong) = wrong {
        return Err(wrong.into());
    }
    KafkaConfig::from_settings(|name, default, help| {
        anyhow::Ok(env.read::<String>(name, default, help)?)
    })?;
    let build = nova_service::build::id(&mut env)?;
    ConsumerOptions::from_settings(build, |name, default, help| env.read(name, default, help))?;
    platform::read_settings(&mut env)?;
    Ok(env.settings().to_vec())
}

/// Settings of Nova that are given and not known: most likely misspelt.
pub(crate) fn unknown<'a>(
    given: &'a Settings,
    known: &'a [Known],
) -> impl Iterator<Item = &'a String> {
    let is_known = |name: &str| known.iter().any(|known| known.name == name);
    given.keys().filter(move |name| {
        // NOVA_TEST_* are for tests: see `nova servers`.
        name.starts_with("NOVA_") && !name.starts_with("NOVA_TEST_") && !is_known(name)
    })
}
