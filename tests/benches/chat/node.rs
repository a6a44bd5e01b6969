//! A process beside this one: this program started once more as a node, or as what it is held against.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use nova_service::telemetry::Telemetry;
use nova_service::{Env, Platform};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{bare, process};

const PATIENCE: Duration = Duration::from_secs(60);

/// All services, as in `nova up`.
pub(crate) const PLATFORM: &str = "platform";
/// Realtime-chat alone.
pub(crate) const CHAT: &str = "chat";

/// A process that serves something.
pub(crate) struct Node {
    process: Child,
    pub(crate) address: SocketAddr,
    pid: u32,
}

impl Node {
    /// Starts it with these settings and none else of Nova's, and waits until it has an address.
    pub(crate) async fn start(
        what: &str,
        settings: &BTreeMap<String, String>,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("NOVA_") {
                command.env_remove(name);
            }
        }
        let mut process = command
            .envs(settings)
            .args(["as", what])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().context("its output")?;
        let mut lines = BufReader::new(output).lines();
        let line = timeout(PATIENCE, lines.next_line()).await??;
        let address = line.with_context(|| format!("{what} has ended"))?.parse()?;
        let pid = process.id().with_context(|| format!("{what} has ended"))?;
        Ok(Self {
            process,
            address,
            pid,
        })
    }

    /// Seconds of processor time so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<f64> {
        process::cpu(self.pid)
    }

    /// Bytes of memory.
    pub(crate) fn resident(&self) -> anyhow::Result<f64> {
        process::resident(self.pid)
    }

    /// Ends its input, and so it, in order.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.process.stdin.take());
        let status = timeout(PATIENCE, self.process.wait()).await??;
        ensure!(status.success(), "a node has failed: {status}");
        Ok(())
    }
}

/// Is that process until its input ends.
pub(crate) fn serve(what: &str) -> anyhow::Result<()> {
    // As `nova` and the program of each service do.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let stop = CancellationToken::new();
        let stopping = stop.clone();
        // Ends with who started it, also when that one is killed.
        tokio::task::spawn_blocking(move || {
            drop(io::copy(&mut io::stdin(), &mut io::sink()));
            stopping.cancel();
        });
        match what {
            PLATFORM | CHAT => Box::pin(nova(what, stop)).await,
            bare::TASKS => bare::tasks(stop).await,
            bare::LOOP => bare::loops(stop).await,
            _ => bail!("{what} is nothing that this program can be"),
        }
    })?;
    runtime.shutdown_timeout(Duration::from_secs(2));
    Ok(())
}

async fn nova(what: &str, stop: CancellationToken) -> anyhow::Result<()> {
    let mut env = Env::process();
    let telemetry = Telemetry::install(&mut env, "nova")?;
    let platform = if what == PLATFORM {
        Box::pin(nova_cli::platform::assemble(&mut env)).await?
    } else {
        let mut platform = Platform::read(&mut env)?;
        platform.add(nova_realtime_chat::service(&mut env).await?);
        platform
    };
    let bound = platform.bind().await?;
    println!("{}", bound.address());
    let outcome = bound.run(stop).await;
    telemetry.shutdown().await;
    outcome
}
