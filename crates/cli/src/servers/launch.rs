//! What to run and how: as whom, where, with which log, and what it hears when `nova` dies.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};
use rustix::process::Signal;
use tokio::process::{Child, Command};

use super::account::Account;
use super::spawner::Spawner;

/// A log larger than this is set aside as `<name>.log.1` at the next start.
const LOG_LIMIT: u64 = 10 << 20;
/// How much of a log's end is shown when something did not work.
const TAIL_LINES: usize = 15;

/// Runs the rest only if its parent is still the `nova` that started it: between the fork and the
/// request for a death signal `nova` may have died, and then no signal would ever come.
const UNLESS_ORPHANED: &str = r#"[ "$PPID" = "$0" ] && exec "$@""#;

/// A program with everything about its start.
#[derive(Clone)]
pub(super) struct Launch {
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    /// Another user to run as; `None` for the one that `nova` runs as.
    pub(super) account: Option<Account>,
    /// Its working folder.
    pub(super) folder: PathBuf,
    /// Gets its output, appended.
    pub(super) log: PathBuf,
    /// What it gets when `nova` dies without stopping it.
    pub(super) orphan_signal: Signal,
}

impl Launch {
    /// Starts it. It is killed when the returned child is dropped.
    pub(super) async fn start(&self, spawner: &Spawner) -> anyhow::Result<Child> {
        let mut command = self.command()?;
        command.kill_on_drop(true);
        let program = self.program.display();
        spawner
            .spawn(command)
            .await
            .with_context(|| format!("could not start {program}"))
    }

    /// Runs it to its end. If that is cut short it gets its orphan's signal, not SIGKILL, so that it
    /// can clean up.
    pub(super) async fn run(&self, spawner: &Spawner) -> anyhow::Result<()> {
        let log = LogMark::now(&self.log);
        let program = self.program.display();
        let mut child = spawner
            .spawn(self.command()?)
            .await
            .with_context(|| format!("could not start {program}"))?;
        let status = child.wait().await?;
        if !status.success() {
            bail!("{program} failed ({status}){}", log.tail());
        }
        Ok(())
    }

    fn command(&self) -> anyhow::Result<Command> {
        let log = open_log(&self.log)?;
        let mut command = Command::new("setpriv");
        command
            .arg("--pdeathsig")
            .arg(signal_name(self.orphan_signal)?);
        if let Some(account) = &self.account {
            command.arg("--reuid").arg(account.uid.to_string());
            command
                .arg("--regid")
                .arg(account.gid.to_string())
                .arg("--clear-groups");
        }
        command
            .args(["--", "sh", "-c", UNLESS_ORPHANED])
            .arg(std::process::id().to_string());
        command.arg(&self.program).args(&self.args);
        command.current_dir(&self.folder);
        // Not in our group: Ctrl-C in a terminal is for `nova`, which stops its servers in order.
        command.process_group(0);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        command.env("LC_ALL", "C.UTF-8");
        for (name, _) in std::env::vars_os() {
            // Our secrets are not theirs, and libpq's settings are meant for clients.
            let name_text = name.to_string_lossy();
            if name_text.starts_with("NOVA_") || name_text.starts_with("PG") {
                command.env_remove(name);
            }
        }
        Ok(command)
    }
}

fn signal_name(signal: Signal) -> anyhow::Result<&'static str> {
    Ok(match signal {
        Signal::INT => "INT",
        Signal::TERM => "TERM",
        Signal::KILL => "KILL",
        other => bail!("{other:?} is no signal for orphans"),
    })
}

fn open_log(path: &Path) -> anyhow::Result<File> {
    if fs::metadata(path).is_ok_and(|log| log.len() > LOG_LIMIT) {
        fs::rename(path, path.with_added_extension("1"))?;
    }
    let log = File::options().create(true).append(true).open(path);
    log.with_context(|| format!("could not open {}", path.display()))
}

/// A place in a log, so that what was written after it can be shown.
pub(super) struct LogMark {
    path: PathBuf,
    at: usize,
}

impl LogMark {
    /// The end of the log as it is now.
    pub(super) fn now(path: &Path) -> Self {
        let length = fs::metadata(path).map_or(0, |log| log.len());
        // A log that will be set aside starts anew.
        let at = if length > LOG_LIMIT { 0 } else { length };
        Self {
            path: path.to_owned(),
            at: usize::try_from(at).unwrap_or(0),
        }
    }

    /// The last lines since, with a headline; ready to be appended to a message.
    pub(super) fn tail(&self) -> String {
        let log = fs::read(&self.path).unwrap_or_default();
        let since = String::from_utf8_lossy(log.get(self.at..).unwrap_or_default()).into_owned();
        let lines: Vec<&str> = since.lines().collect();
        let last = &lines[lines.len().saturating_sub(TAIL_LINES)..];
        let path = self.path.display();
        if last.is_empty() {
            return format!("; {path} says nothing");
        }
        format!("; the end of {path}:\n    {}", last.join("\n    "))
    }
}
