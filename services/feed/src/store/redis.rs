//! The connection to Redis: made in the background, found again when lost, and never waited for.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use nova_resilience::Health;
use nova_service::postgres::within;
use nova_service::redis::{Link, Server, is_down};
use redis::RedisError;
use sqlx::PgPool;
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

use super::epoch;
use crate::error::Error;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a failure nothing is tried for this long.
const REST: Duration = Duration::from_millis(250);

/// A shared connection. Clones share it.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    server: Server,
    pool: PgPool,
    deadline: Duration,
    health: Health,
    epoch: AtomicI64,
    link: RwLock<Option<Link>>,
    lost: Notify,
    /// Held by whoever looks after the connection: the run ids that were last met.
    met: Mutex<Option<String>>,
}

impl Redis {
    /// A connection that [`Self::watch`] makes and keeps. What the database is asked about it may take as long as
    /// `deadline`.
    #[must_use]
    pub fn new(server: Server, pool: PgPool, deadline: Duration) -> Self {
        Self(Arc::new(Inner {
            server,
            pool,
            deadline,
            health: Health::optional("feed.redis"),
            epoch: AtomicI64::new(0),
            link: RwLock::default(),
            lost: Notify::new(),
            met: Mutex::default(),
        }))
    }

    /// Whether the last command worked. Optional: Postgres answers without it.
    #[must_use]
    pub fn health(&self) -> Health {
        self.0.health.clone()
    }

    /// Whether there is a connection.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.link().is_some()
    }

    /// The generation of all timelines that this process last saw to be valid.
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
    /// At once when there is no connection, and what Redis says.
    pub async fn run<T, F>(&self, command: F) -> Result<T, Error>
    where
        F: AsyncFnOnce(&mut Link) -> Result<T, RedisError>,
    {
        let mut link = self.link().ok_or_else(away)?;
        let outcome = command(&mut link).await;
        if let Err(error) = &outcome
            && is_down(error)
        {
            self.lose(error);
            self.0.lost.notify_one();
        }
        Ok(outcome?)
    }

    /// Looks after the connection: each second, and soon after it was lost. Nobody else connects.
    pub async fn watch(self, stop: CancellationToken) {
        loop {
            if stop.run_until_cancelled(self.look()).await.is_none() {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.0.lost.notified() => tokio::time::sleep(REST).await,
            }
        }
    }

    /// Connects if there is no connection, and asks who is there. Another server than before may have come up with
    /// an old snapshot: its timelines are invalid.
    pub async fn look(&self) {
        let mut met = self.0.met.lock().await;
        if let Err(error) = self.meet(&mut met).await {
            self.lose(&error);
        }
    }

    async fn meet(&self, met: &mut Option<String>) -> Result<(), RedisError> {
        let mut link = match self.link() {
            Some(link) => link,
            None => self.0.server.connect().await?,
        };
        let servers = link.run_ids().await?;
        if met.as_ref() != Some(&servers) {
            self.set(None);
            let epoch = epoch::met_server(&self.0.pool, &servers);
            let epoch = within(self.0.deadline, epoch).await;
            self.saw_epoch(epoch.map_err(|error| unknown(&error))?);
            *met = Some(servers);
        }
        self.set(Some(link));
        self.0.health.up();
        Ok(())
    }

    fn link(&self) -> Option<Link> {
        let link = self.0.link.read();
        link.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, link: Option<Link>) {
        *self.0.link.write().unwrap_or_else(PoisonError::into_inner) = link;
    }

    fn lose(&self, error: &RedisError) {
        tracing::debug!(%error, "redis");
        self.set(None);
        self.0.health.down(error.to_string());
    }
}

fn away() -> Error {
    Error::Redis(RedisError::from((
        redis::ErrorKind::Io,
        "there is no connection to redis",
    )))
}

fn unknown(error: &sqlx::Error) -> RedisError {
    tracing::debug!(%error, "which timelines are valid");
    RedisError::from((
        redis::ErrorKind::Io,
        "Postgres does not say which timelines are valid",
    ))
}
