//! `nova servers`

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use anyhow::Context;
use tokio::process::Child;

use crate::progress::Progress;
use crate::servers::{self, Instance, Process, Signal, Wanted};
use crate::signals::StopSignals;

/// What the command gets when we are asked to stop, and how long it has for each.
const STOP: &[(Signal, Duration)] = &[
    (Signal::INT, Duration::from_secs(5)),
    (Signal::TERM, Duration::from_secs(5)),
];

/// Starts Postgres, Redis and Kafka, runs a command with their addresses in `NOVA_TEST_POSTGRES`,
/// `NOVA_TEST_REDIS` and `NOVA_TEST_KAFKA`, and stops them again
#[derive(clap::Args)]
pub(crate) struct Servers {
    /// Folder for data and logs
    #[arg(long, default_value = ".nova/test")]
    data: PathBuf,
    /// Begin with empty servers: throw away what an earlier run left in the folder
    #[arg(long)]
    fresh: bool,
    /// The command and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Servers {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let mut signals = StopSignals::listen()?;
        let progress = Progress::to_stderr();
        if self.fresh {
            servers::forget(&Instance::take(&self.data).await?, &progress).await?;
        }
        let servers = tokio::select! {
            started = servers::Servers::start(&self.data, Wanted::ALL, progress) => started?,
            signal = signals.next() => return Ok(ended_by(signal)),
        };
        let code = self.run_command(&servers, &mut signals).await;
        servers.stop().await;
        code
    }

    async fn run_command(
        &self,
        servers: &servers::Servers,
        signals: &mut StopSignals,
    ) -> anyhow::Result<ExitCode> {
        let mut child = self.spawn(servers)?;
        let signal = tokio::select! {
            status = child.wait() => return Ok(code_of(status?)),
            signal = signals.next() => signal,
        };
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(process) = pid.and_then(Process::of) {
            let (ended, status) = tokio::join!(process.end(STOP), child.wait());
            ended?;
            status?;
        }
        Ok(ended_by(signal))
    }

    /// Spawned by the main thread, which lives until the end: the command hears of our death.
    fn spawn(&self, servers: &servers::Servers) -> anyhow::Result<Child> {
        let mut command = tokio::process::Command::new("setpriv");
        command
            .args(["--pdeathsig", "TERM", "--"])
            .args(&self.command);
        for (name, address) in [
            ("NOVA_TEST_POSTGRES", &servers.postgres_url),
            ("NOVA_TEST_REDIS", &servers.redis_url),
            ("NOVA_TEST_KAFKA", &servers.kafka_brokers),
        ] {
            command.env(name, address.as_deref().unwrap_or_default());
        }
        command.spawn().context("could not run setpriv")
    }
}

/// As a shell tells it.
fn code_of(status: ExitStatus) -> ExitCode {
    match (status.code(), status.signal()) {
        (Some(code), _) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        (None, Some(signal)) => ended_by(u8::try_from(signal).unwrap_or(0)),
        (None, None) => ExitCode::FAILURE,
    }
}

fn ended_by(signal: u8) -> ExitCode {
    ExitCode::from(128_u8.saturating_add(signal))
}
