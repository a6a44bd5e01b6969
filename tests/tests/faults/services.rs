//! `nova up` as a child process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use anyhow::{Context, bail, ensure};
use nova_cli::servers::{Process, Signal};
use nova_tests::program::command;
use tokio::process::Child;
use tokio::time::timeout;

use crate::leavers::GRACE;
use crate::patience::PATIENCE;
use crate::users::PUSH_LIMIT;

/// Settings of every platform under test.
const SETTINGS: [(&str, &str); 6] = [
    ("NOVA_RATE_LIMIT", "off"),
    // A run by hand may last for hours.
    ("NOVA_ACCESS_TOKEN_TTL", "7d"),
    // Feeds outgrow their cached timelines: both halves of a feed are read.
    ("NOVA_FEED_TIMELINE_LENGTH", "60"),
    // Nobody is forgotten meanwhile who has read their feed once.
    ("NOVA_FEED_ACTIVE", "24h"),
    ("NOVA_ACCOUNT_GRACE", GRACE),
    ("NOVA_LOG", "info"),
];

/// A `nova up` that is to run. Dropping it kills it.
pub(crate) struct Services {
    program: PathBuf,
    arguments: Vec<OsString>,
    /// Beside those of all.
    settings: Settings,
    log: PathBuf,
    child: Child,
}

/// Settings by name.
pub(crate) type Settings = Vec<(&'static str, String)>;

impl Services {
    pub(crate) fn start(
        program: PathBuf,
        arguments: Vec<OsString>,
        settings: Settings,
        log: PathBuf,
    ) -> anyhow::Result<Self> {
        let child = spawn(&program, &arguments, &settings, &log)?;
        Ok(Self {
            program,
            arguments,
            settings,
            log,
            child,
        })
    }

    /// SIGKILL; gone when this returns.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        self.runs()?;
        Ok(self.child.kill().await?)
    }

    /// Settings for whenever it is started again.
    pub(crate) fn set(&mut self, settings: &Settings) {
        self.settings
            .retain(|(old, _)| settings.iter().all(|(new, _)| new != old));
        self.settings.extend(settings.iter().cloned());
    }

    pub(crate) fn start_again(&mut self) -> anyhow::Result<()> {
        self.child = spawn(&self.program, &self.arguments, &self.settings, &self.log)?;
        Ok(())
    }

    /// # Errors
    /// When it ended by itself: nobody has to start it again but after a kill.
    pub(crate) fn runs(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("nova up ended by itself ({status}); {}", self.log.display()),
        }
    }

    /// As [`Self::end`], for good.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.end().await
    }

    /// SIGTERM; it must end in order.
    pub(crate) async fn end(&mut self) -> anyhow::Result<()> {
        self.runs()?;
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        pid.and_then(Process::of)
            .context("nova up has no process")?
            .signal(Signal::TERM)?;
        let status: ExitStatus = timeout(PATIENCE, self.child.wait())
            .await
            .with_context(|| format!("nova up did not stop; {}", self.log.display()))??;
        ensure!(
            status.success(),
            "nova up did not stop in order ({status}); {}",
            self.log.display()
        );
        Ok(())
    }
}

fn spawn(
    program: &Path,
    arguments: &[OsString],
    settings: &Settings,
    log: &Path,
) -> anyhow::Result<Child> {
    let mut command = command(program, log)?;
    command.arg("up").args(arguments).envs(SETTINGS);
    command.env("NOVA_FEED_PUSH_LIMIT", PUSH_LIMIT.to_string());
    command.envs(settings.iter().map(|(name, value)| (*name, value)));
    command.spawn().context("could not run setpriv")
}
