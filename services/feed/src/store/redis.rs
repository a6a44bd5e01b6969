//! The connection to Redis: found again when lost, and never waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use nova_resilience::Health;
use nova_service::postgres::within;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use sqlx::PgPool;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::epoch;
use crate::error::Error;

/// A command that takes longer has failed: the database answers instead.
const RESPONSE: Duration = Duration::from_millis(250);
const CONNECTION: Duration = Duration::from_millis(500);
const PING_EVERY: Duration = Duration::from_secs(1);
/// After a failure nothing is tried for this long, so that requests do not queue up behind it.
const REST: Duration = Duration::from_millis(500);

/// A shared connection. Clones share it.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    client: Client,
    pool: PgPool,
    deadline: Duration,
    health: Health,
    epoch: AtomicI64,
    link: Mutex<Link>,
}

enum Link {
    Up(MultiplexedConnection),
    DownUntil(Instant),
}

impl Redis {
    /// A connection to the server at `url`, made when it is first needed. What the database is asked
    /// about it may take as long as `deadline`.
    ///
    /// # Errors
    /// When the URL is not one of Redis.
    pub fn new(url: &str, pool: PgPool, deadline: Duration) -> Result<Self, RedisError> {
        let inner = Inner {
            client: Client::open(url)?,
            pool,
            deadline,
            health: Health::optional("feed.redis"),
            epoch: AtomicI64::new(0),
            link: Mutex::new(Link::DownUntil(Instant::now())),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Whether the last command worked. Optional: Postgres answers without it.
    #[must_use]
    pub fn health(&self) -> Health {
        self.0.health.clone()
    }

    /// The generation of timelines that this process last saw to be valid.
    #[must_use]
    pub fn epoch(&self) -> i64 {
        self.0.epoch.load(Ordering::Acquire)
    }

    /// Takes note of the valid generation, as the database just told it.
    pub fn saw_epoch(&self, epoch: i64) {
        self.0.epoch.fetch_max(epoch, Ordering::AcqRel);
    }

    /// Runs `command` on the connection. An error may mean that it took effect all the same.
    ///
    /// # Errors
    /// When Redis is away, or was a moment ago.
    pub async fn run<T, F>(&self, command: F) -> Result<T, Error>
    where
        F: AsyncFnOnce(&mut MultiplexedConnection) -> Result<T, RedisError>,
    {
        let mut connection = self.connection().await?;
        let outcome = command(&mut connection).await;
        if let Err(error) = &outcome {
            self.lost(error).await;
        }
        Ok(outcome?)
    }

    /// Pings the server each second and reports to [`Self::health`], so that a server that is back is
    /// known before it is needed.
    pub async fn watch(self, stop: CancellationToken) {
        let mut every = tokio::time::interval(PING_EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(every.tick()).await.is_some() {
            let ping = redis::cmd("PING");
            let answer = self.run(async |redis| ping.query_async::<()>(redis).await);
            // `run` has told the health already.
            let Some(_) = stop.run_until_cancelled(answer).await else {
                return;
            };
        }
    }

    async fn connection(&self) -> Result<MultiplexedConnection, Error> {
        let mut link = self.0.link.lock().await;
        match &*link {
            Link::Up(connection) => return Ok(connection.clone()),
            Link::DownUntil(until) if *until > Instant::now() => return Err(resting()),
            Link::DownUntil(_) => {}
        }
        match self.connect().await {
            Ok(connection) => {
                *link = Link::Up(connection.clone());
                self.0.health.up();
                Ok(connection)
            }
            Err(error) => {
                *link = Link::DownUntil(Instant::now() + REST);
                self.0.health.down(error.to_string());
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, Error> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECTION))
            .set_response_timeout(Some(RESPONSE));
        let mut connection = self
            .0
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let info: String = redis::cmd("INFO")
            .arg("server")
            .query_async(&mut connection)
            .await?;
        let server = info
            .lines()
            .find_map(|line| line.strip_prefix("run_id:"))
            .unwrap_or_default();
        // Requests wait for this: a database that says nothing must not keep them.
        let epoch = epoch::met_server(&self.0.pool, server.trim());
        self.saw_epoch(within(self.0.deadline, epoch).await?);
        Ok(connection)
    }

    async fn lost(&self, error: &RedisError) {
        tracing::debug!(%error, "redis");
        // A script that the server no longer knows, a wrong type: the connection is well.
        if error.is_io_error() || error.is_timeout() || error.is_connection_dropped() {
            *self.0.link.lock().await = Link::DownUntil(Instant::now() + REST);
            self.0.health.down(error.to_string());
        }
    }
}

fn resting() -> Error {
    Error::Redis(RedisError::from((
        redis::ErrorKind::Io,
        "redis was away a moment ago",
    )))
}
