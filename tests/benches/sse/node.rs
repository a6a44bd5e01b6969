//! A process beside this one: this program started once more as a node, or as what it is held against.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::bail;
use nova_cli::bench::Usage;
use nova_service::telemetry::Telemetry;
use nova_service::{Env, Platform};
use nova_tests::again::{Again, input_ends};
use tokio_util::sync::CancellationToken;

use crate::bare;

/// Eventbridge alone.
pub(crate) const EVENTBRIDGE: &str = "eventbridge";

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

    /// What it has taken until now.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        Usage::of(&[self.process.pid])
    }

    /// Ends it in order.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.process.stop().await
    }
}

/// Is that process until its input ends.
pub(crate) fn serve(what: &str) -> anyhow::Result<()> {
    // As the program of each service does.
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
            EVENTBRIDGE => Box::pin(eventbridge(stop)).await,
            bare::PLAIN => bare::serve(stop).await,
            _ => bail!("{what} is nothing that this program can be"),
        }
    })?;
    runtime.shutdown_timeout(Duration::from_secs(2));
    Ok(())
}

async fn eventbridge(stop: CancellationToken) -> anyhow::Result<()> {
    let mut env = Env::process();
    let telemetry = Telemetry::install(&mut env, "nova")?;
    let mut platform = Platform::read(&mut env)?;
    platform.add(nova_eventbridge::service(&mut env).await?);
    let bound = platform.bind().await?;
    println!("{}", bound.address());
    let outcome = bound.run(stop).await;
    telemetry.shutdown().await;
    outcome
}
