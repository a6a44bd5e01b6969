//! `nova config`

use std::process::ExitCode;

use nova_service::config::Known;

use crate::{environment, settings};

/// Lists every setting with its help, its default and what it is now
///
/// Settings are environment variables. What is not set is shown as a comment with its default. Nothing
/// needs to run.
#[derive(clap::Args)]
pub(crate) struct Config {}

impl Config {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let given = environment::of_process()?;
        for known in settings::read_all(&given)? {
            super::print(entry(&known, given.contains_key(known.name)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn entry(known: &Known, is_given: bool) -> String {
    let Known {
        name,
        default,
        help,
        value,
    } = known;
    let about = match default {
        None => format!("# {help} (required; `nova up` sees to it)"),
        Some("") => format!("# {help}"),
        Some(default) => format!("# {help} (default {default})"),
    };
    let line = if is_given {
        format!("{name}={value}")
    } else {
        format!("# {name}={}", default.unwrap_or_default())
    };
    format!("{about}\n{line}\n")
}
