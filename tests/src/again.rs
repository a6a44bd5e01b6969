//! This program started once more, as a server beside it: it shares no thread with whoever asks it.

use std::io;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::program::without_settings;

const PATIENCE: Duration = Duration::from_secs(60);

/// Such a process. Dropping it kills it.
pub struct Again {
    process: Child,
    /// Where it listens: the first line that it prints.
    pub address: SocketAddr,
    /// Its number.
    pub pid: i32,
}

impl Again {
    /// Starts it with these arguments, these settings and none else of Nova's, and waits until it has an address.
    ///
    /// # Errors
    /// When it does not start, or ends before.
    pub async fn start<'a>(
        arguments: &[&str],
        settings: impl IntoIterator<Item = (&'a String, &'a String)>,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        without_settings(&mut command);
        let mut process = command
            .envs(settings)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().context("its output")?;
        let mut lines = BufReader::new(output).lines();
        let line = timeout(PATIENCE, lines.next_line()).await??;
        let has_ended = || format!("{arguments:?} has ended");
        let address = line.with_context(has_ended)?.parse()?;
        let pid = process.id().with_context(has_ended)?.cast_signed();
        Ok(Self {
            process,
            address,
            pid,
        })
    }

    /// Ends its input, and so it, in order.
    ///
    /// # Errors
    /// When it does not end, or failed.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.process.stdin.take());
        let status = timeout(PATIENCE, self.process.wait()).await??;
        ensure!(status.success(), "what was started has failed: {status}");
        Ok(())
    }
}

/// Of that process: waits until its input ends, which is when whoever started it has stopped it, or was killed.
///
/// # Errors
/// When the input cannot be read.
pub async fn input_ends() -> anyhow::Result<()> {
    let read = || io::copy(&mut io::stdin(), &mut io::sink());
    tokio::task::spawn_blocking(read).await??;
    Ok(())
}
