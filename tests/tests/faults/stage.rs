//! Two replicas, the network in front of them, and what is done to both.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use nova_cli::servers::Server;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::deals::{Fault, Tally};
use crate::platform::flush;
use crate::replicas::Replicas;
use crate::schedule::Round;
use crate::standstill::freeze;
use crate::ways::Ways;

/// Of a pause that is dealt: of servers and of the network it takes some seconds to be felt.
const LONGER: u32 = 2;

/// Everything that can be hurt. Dropping it kills it.
pub(crate) struct Stage {
    pub(crate) replicas: Replicas,
    pub(crate) ways: Arc<Ways>,
}

impl Stage {
    /// Lets the faults come, one after the other; what the network does lasts beside others.
    pub(crate) async fn hurt(&self, rounds: &[Round<Fault>]) -> anyhow::Result<Tally> {
        let mut tally = Tally::default();
        let mut network = JoinSet::new();
        for round in rounds {
            sleep(round.wait).await;
            self.replicas.runs().await?;
            self.replicas.journal.note(round.fault);
            let pause = round.pause * LONGER;
            match round.fault {
                Fault::KillNode(node) => self.replicas.kill_replica(node).await?,
                Fault::Restart(node) => self.replicas.restart(node).await?,
                Fault::Kill(server) => self.replicas.kill_server(server).await?,
                Fault::Pause(server) => self.pause(server, pause).await?,
                Fault::Flush => self.flush().await?,
                Fault::Cut(node) => {
                    let ways = Arc::clone(&self.ways);
                    ways.proxy(node).refuse();
                    ways.proxy(node).cut();
                    network.spawn(async move {
                        sleep(pause).await;
                        ways.proxy(node).pass();
                    });
                }
                Fault::Silence(node) => {
                    let ways = Arc::clone(&self.ways);
                    ways.proxy(node).swallow();
                    network.spawn(async move {
                        sleep(pause).await;
                        // What was swallowed stays silent: who is there finds out alone.
                        ways.proxy(node).pass();
                    });
                }
            }
            tally.count(round.fault);
        }
        while let Some(ended) = network.join_next().await {
            ended?;
        }
        Ok(tally)
    }

    async fn pause(&self, server: Server, pause: Duration) -> anyhow::Result<()> {
        let process = self.replicas.servers.ready(server).await?;
        let _frozen = freeze(process)?;
        sleep(pause).await;
        Ok(())
    }

    async fn flush(&self) -> anyhow::Result<()> {
        let redis = &self.replicas.servers.redis_url;
        flush(redis.as_ref().context("no Redis")?).await
    }
}
