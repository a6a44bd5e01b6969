//! A node on servers that nothing else uses.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use nova_cli::bench::{Crowd, Usage};
use nova_testkit::{Stack, within};
use nova_tests::connection::{Connection, request};

use tokio::time::sleep;

use crate::node::{EVENTBRIDGE, Node};

pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

const REST: Duration = Duration::from_millis(500);

/// A node with eventbridge alone.
pub(crate) struct World {
    pub(crate) stack: Arc<Stack>,
    pub(crate) node: Node,
}

/// Servers that nothing else uses, for nodes whose clients are many.
pub(crate) async fn stack() -> Stack {
    Stack::new()
        .await
        .with("NOVA_CONNECTIONS", "100000")
        .with("NOVA_CONNECTIONS_PER_ADDRESS", "100000")
        .with("NOVA_LOG", "warn")
}

impl World {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Self::on(Arc::new(stack().await)).await
    }

    pub(crate) async fn on(stack: Arc<Stack>) -> anyhow::Result<Self> {
        let node = Node::start(EVENTBRIDGE, stack.settings()).await?;
        ready(&node).await?;
        Ok(Self { stack, node })
    }

    /// Stops the node in order, and removes what was its.
    pub(crate) async fn finish(self) -> anyhow::Result<()> {
        self.node.stop().await?;
        let stack = Arc::into_inner(self.stack);
        stack.context("somebody still publishes")?.finish().await;
        Ok(())
    }
}

async fn ready(node: &Node) -> anyhow::Result<()> {
    let mut connection = Connection::open(node.address).await?;
    let ready = request("GET", "/health/ready", None);
    within(PATIENCE, "the node is ready", async || {
        let answer = connection.ask(&ready).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(answer.body).into_owned();
        (answer.status == 200 && text.contains("\"status\":\"ready\""))
            .then_some(())
            .ok_or(text)
    })
    .await;
    Ok(())
}

/// Waits until every stream of a crowd was told a first frame.
pub(crate) async fn begun(crowd: &Crowd, count: usize) -> anyhow::Result<()> {
    within(PATIENCE, "every stream has begun", async || {
        let (begun, failed) = (crowd.begun(), crowd.failed());
        (begun == count)
            .then_some(())
            .ok_or(format!("{begun} of {count}, {failed} have failed"))
    })
    .await;
    // What else they are told at their beginning comes at once.
    sleep(REST).await;
    let opened = crowd.take()?;
    anyhow::ensure!(opened.refused + opened.lost == 0, "{:?}", opened.why);
    Ok(())
}

/// What Redis has taken until now.
pub(crate) async fn redis_usage(stack: &Stack) -> anyhow::Result<Usage> {
    let mut redis = stack.redis().await;
    let said: String = redis::cmd("INFO")
        .arg("server")
        .query_async(&mut redis)
        .await?;
    let mut lines = said.lines();
    let pid = lines.find_map(|line| line.strip_prefix("process_id:"));
    Usage::of(&[pid.context("no process_id")?.trim().parse()?])
}
