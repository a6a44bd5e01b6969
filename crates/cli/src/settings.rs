//! The settings of everything that `nova up` runs.

use std::collections::BTreeMap;
use std::ffi::OsString;

use nova_service::config::Known;
use nova_service::idempotency::Sweeper;
use nova_service::telemetry::Telemetry;
use nova_service::{ConfigError, Env, Platform, Service};
use sqlx::PgPool;

use crate::secrets;

/// Settings by name.
pub(crate) type Settings = BTreeMap<String, String>;

/// Those that are changed while settings are only read: a Postgres that refuses at once, so that services
/// get no further than that, and no patience with it.
const WHILE_READING: [(&str, &str); 2] = [
    (POSTGRES, "postgres://127.0.0.1:1/nova"),
    ("NOVA_STARTUP_TIMEOUT", "0s"),
];
const POSTGRES: &str = "NOVA_POSTGRES";

/// The environment of this process, as far as it is text and says something.
pub(crate) fn of_environment() -> Settings {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os()
        .filter_map(text)
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// Starts logging, and lets everything read its settings that `nova up` runs, without any server.
///
/// # Errors
/// The first setting that is wrong, by name.
pub(crate) async fn read_all(given: &Settings) -> anyhow::Result<(Telemetry, Vec<Known>)> {
    let mut vars = given.clone();
    secrets::complete_for_now(&mut vars)?;
    for (name, value) in WHILE_READING {
        vars.insert(name.to_owned(), value.to_owned());
    }
    let mut env = Env::of(vars);
    let telemetry = Telemetry::install(&mut env, "nova")?;
    Platform::read(&mut env)?;
    // What a service reads only once it has its database.
    Sweeper::read(&mut env, PgPool::connect_lazy(WHILE_READING[0].1)?)?;
    expect_no_database(nova_identity::service(&mut env).await)?;
    expect_no_database(nova_content::service(&mut env).await)?;
    expect_no_database(nova_feed::service(&mut env).await)?;
    Ok((telemetry, env.settings().to_vec()))
}

/// That there is no database is as it should be; that a setting is wrong is not.
fn expect_no_database(service: anyhow::Result<Service>) -> anyhow::Result<()> {
    match service {
        Err(error) if error.chain().any(|cause| cause.is::<ConfigError>()) => Err(error),
        _ => Ok(()),
    }
}

/// Whether [`Known::value`] is not the value that was given.
pub(crate) fn was_changed(known: &Known) -> bool {
    WHILE_READING.iter().any(|(name, _)| *name == known.name)
}
