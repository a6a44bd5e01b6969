//! A process beside this one: this program started once more as a node, or as what it is held against.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::bail;
use nova_service::telemetry::Telemetry;
use nova_service::{Env, Platform};
use nova_testkit::process::{self, Stat};
use nova_tests::again::{Again, input_ends};
use tokio_util::sync::CancellationToken;

use crate::bare;

/// All services, as in `nova up`.
pub(crate) const PLATFORM: &str = "platform";
/// Realtime-chat alone.
pub(crate) const CHAT: &str = "chat";

/// A process that serves something.
pub(crate) struct Node {
    process: Again,
    pub(crate) address: SocketAddr,
}

impl Node {
    /// Starts it with these settings and none else of Nova's, and waits until it has an address.
    pub(crate) async fn start(
        what: &str,
        settings: &BTreeMap<String, String>,
    ) -> anyhow::Result<Self> {
        let process = Again::start(&["as", what], settings).await?;
        let address = process.address;
        Ok(Self { process, address })
    }

    /// Seconds of processor time so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<f64> {
        Ok(Stat::of(self.process.pid)?.own)
    }

    /// Bytes of memory.
    pub(crate) fn resident(&self) -> anyhow::Result<f64> {
        Ok(process::resident(self.process.pid)? as f64)
    }

    /// Ends it in order.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.process.stop().await
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
        tokio::spawn(async move {
            // One that cannot be read has ended, too.
            drop(input_ends().await);
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
