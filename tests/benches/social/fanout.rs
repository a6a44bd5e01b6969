//! How far the feeds are behind the posts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use nova_tests::connection::{Connection, request};

const EVERY: Duration = Duration::from_millis(500);

/// Posts that were acknowledged since [`Watch::begin`].
pub(crate) type Acknowledged = Arc<AtomicU64>;

/// Compares what was acknowledged with what feed says it has handled.
pub(crate) struct Watch {
    connection: Connection,
    metrics: Vec<u8>,
    acknowledged: Acknowledged,
    /// Handled before the watch began.
    before: u64,
    /// The most that ever waited.
    pub(crate) most: u64,
}

impl Watch {
    /// Begins while nothing is on its way.
    pub(crate) async fn begin(
        connection: Connection,
        acknowledged: Acknowledged,
    ) -> anyhow::Result<Self> {
        let metrics = request("GET", "/metrics", None);
        let mut watch = Self {
            connection,
            metrics,
            acknowledged,
            before: 0,
            most: 0,
        };
        watch.before = watch.handled().await?;
        Ok(watch)
    }

    /// How many acknowledged posts are not in the feeds yet. Asked first, so rather one too many.
    pub(crate) async fn waiting(&mut self) -> anyhow::Result<u64> {
        let handled = self.handled().await? - self.before;
        let waiting = self
            .acknowledged
            .load(Ordering::Relaxed)
            .saturating_sub(handled);
        self.most = self.most.max(waiting);
        Ok(waiting)
    }

    /// Looks twice a second until told to stop.
    pub(crate) async fn run(mut self, stop: Arc<AtomicBool>) -> anyhow::Result<Self> {
        while !stop.load(Ordering::Relaxed) {
            self.waiting().await?;
            tokio::time::sleep(EVERY).await;
        }
        Ok(self)
    }

    async fn handled(&mut self) -> anyhow::Result<u64> {
        let answer = self.connection.ask(&self.metrics).await?;
        let text = std::str::from_utf8(answer.body)?;
        let line = text.lines().find(|line| {
            line.starts_with("nova_events_handled_total{")
                && line.contains("consumer=\"feed\"")
                && line.contains("content-events\"")
        });
        let (_, count) = line
            .and_then(|line| line.rsplit_once(' '))
            .context("feed has handled nothing")?;
        Ok(count.parse()?)
    }
}
