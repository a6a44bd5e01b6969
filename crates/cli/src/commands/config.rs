//! `nova config`

use std::process::ExitCode;

use nova_service::config::{Known, Setting};
use url::Url;

use crate::settings;

/// Lists every setting with its help, its default and what it is now
///
/// Settings are environment variables. What is not set is shown as a comment with its default. Nothing
/// needs to run.
#[derive(clap::Args)]
pub(crate) struct Config {}

impl Config {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let given = settings::of_environment();
        let (_, known) = settings::read_all(&given).await?;
        for known in known {
            super::print(entry(&known, given.get(known.name)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn entry(known: &Known, given: Option<&String>) -> String {
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
    let line = match given {
        None => format!("# {name}={}", default.unwrap_or_default()),
        // A URL may hold a password; what is no URL is shown as it is.
        Some(text) if settings::was_changed(known) && text.contains("://") => {
            format!("{name}={}", Url::shown(text))
        }
        Some(text) if settings::was_changed(known) => format!("{name}={text}"),
        Some(_) => format!("{name}={value}"),
    };
    format!("{about}\n{line}\n")
}
