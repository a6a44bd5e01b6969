//! Nodes on servers that nothing else uses, and users.

use std::time::Duration;

use nova_ids::UserId;
use nova_testkit::{Stack, within};
use nova_tests::connection::{Connection, request};

use crate::node::Node;

const PATIENCE: Duration = Duration::from_secs(60);

/// Nodes of one platform.
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) nodes: Vec<Node>,
}

/// Somebody with an access token.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) token: String,
}

impl World {
    /// So many nodes, which are ready. All clients have one address here, so that the limit of one is lifted.
    pub(crate) async fn start(what: &str, nodes: usize) -> anyhow::Result<Self> {
        let stack = Stack::new()
            .await
            .with("NOVA_CONNECTIONS", "100000")
            .with("NOVA_CONNECTIONS_PER_ADDRESS", "100000")
            .with("NOVA_LOG", "warn");
        let mut world = Self {
            stack,
            nodes: Vec::new(),
        };
        for _ in 0..nodes {
            let node = Node::start(what, world.stack.settings()).await?;
            ready(&node).await?;
            world.nodes.push(node);
        }
        Ok(world)
    }

    pub(crate) fn user(&self) -> User {
        let id = UserId::new();
        User {
            id,
            token: self.stack.token(id),
        }
    }

    /// Waits until realtime-chat has so many conversations or changes.
    pub(crate) async fn kept(&self, table: &'static str, count: usize) -> anyhow::Result<()> {
        let pool = self.stack.database(nova_realtime_chat::NAME).await;
        rows(&pool, table, count).await;
        pool.close().await;
        Ok(())
    }

    /// Stops the nodes in order, and removes what was theirs.
    pub(crate) async fn finish(self) -> anyhow::Result<()> {
        for node in self.nodes {
            node.stop().await?;
        }
        self.stack.finish().await;
        Ok(())
    }
}

/// Waits until a table has so many rows.
pub(crate) async fn rows(pool: &sqlx::PgPool, table: &'static str, count: usize) {
    let expected = i64::try_from(count).unwrap_or(i64::MAX);
    // The name is ours.
    let all = format!("SELECT count(*) FROM {table}");
    within(
        PATIENCE,
        &format!("{count} {table} are there"),
        async || {
            let all = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(all.clone()));
            let found = all.fetch_one(pool).await.unwrap_or_default();
            (found >= expected).then_some(()).ok_or(found)
        },
    )
    .await;
}

async fn ready(node: &Node) -> anyhow::Result<()> {
    let mut connection = Connection::open(node.address).await?;
    let ready = request("GET", "/health/ready", None);
    within(PATIENCE, "a node is ready", async || {
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
