//! Members of the consumer group, each a process of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use nova_cli::servers::{Process, Signal};
use nova_tests::bus::LISTENS;
use nova_tests::program::command;
use tokio::process::Child;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::patience::{PATIENCE, until};

use crate::standstill::Paused;

/// A process. Dropping it kills it.
pub(super) struct Member {
    child: Child,
    process: Process,
    log: PathBuf,
    /// Lets it go on when its time has come.
    thaw: Option<JoinHandle<()>>,
}

impl Member {
    pub(super) fn start(
        program: &Path,
        arguments: &[String],
        log: PathBuf,
    ) -> anyhow::Result<Self> {
        let child = command(program, &log)?.args(arguments).spawn()?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        let process = pid
            .and_then(Process::of)
            .with_context(|| format!("a member ended at once; {}", log.display()))?;
        Ok(Self {
            child,
            process,
            log,
            thaw: None,
        })
    }

    /// SIGKILL; gone when this returns.
    pub(super) async fn kill(mut self) -> anyhow::Result<()> {
        self.runs()?;
        Ok(self.child.kill().await?)
    }

    /// Stops it where it is until what this gives is dropped.
    pub(super) fn pause(&self) -> anyhow::Result<Paused> {
        self.process.signal(Signal::STOP)?;
        Ok(Paused(self.process))
    }

    /// Stops it where it is for so long, without waiting for that.
    pub(super) fn freeze(&mut self, pause: Duration) -> anyhow::Result<()> {
        let paused = self.pause()?;
        self.thaw = Some(tokio::spawn(async move {
            sleep(pause).await;
            drop(paused);
        }));
        Ok(())
    }

    /// SIGTERM; it must end in order.
    pub(super) async fn leave(mut self) -> anyhow::Result<()> {
        self.runs()?;
        if let Some(thaw) = self.thaw.take() {
            thaw.abort();
            // It drops what it holds, which lets the process go on.
            drop(thaw.await);
        }
        self.listens().await?;
        self.process.signal(Signal::TERM)?;
        let status = timeout(PATIENCE, self.child.wait())
            .await
            .with_context(|| format!("a member did not end; {}", self.log.display()))??;
        let log = self.log.display();
        ensure!(status.success(), "a member ended with {status}; {log}");
        Ok(())
    }

    /// Until then a signal would end it as it ends any program: it may have started just now.
    async fn listens(&mut self) -> anyhow::Result<()> {
        until("a member listens to SIGTERM", async || {
            self.runs()?;
            let log = fs::read(&self.log)?;
            let listens = String::from_utf8_lossy(&log).contains(LISTENS);
            Ok(if listens {
                Ok(())
            } else {
                Err(self.log.display().to_string())
            })
        })
        .await
    }

    /// # Errors
    /// When it ended by itself.
    pub(super) fn runs(&mut self) -> anyhow::Result<()> {
        let status = self.child.try_wait()?;
        let log = self.log.display();
        ensure!(status.is_none(), "a member ended by itself; {log}");
        Ok(())
    }
}

/// Lines of the logs in `folder` that contain `word`.
pub(super) fn lines_with(folder: &Path, word: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let text = fs::read(entry?.path())?;
        let text = String::from_utf8_lossy(&text);
        found.extend(
            text.lines()
                .filter(|line| line.contains(word))
                .map(str::to_owned),
        );
    }
    Ok(found)
}
