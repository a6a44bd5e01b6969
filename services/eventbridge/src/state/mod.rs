//! What every request, every event and every stream is handed: cheap handles, made once.

pub mod hub;
pub mod own_channel;
mod rules;
mod seal;
pub mod stream;
pub mod stream_opening;
mod stream_register;
mod stream_tickets;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nova_event_bus::KafkaConfig;
use nova_service::config::Env;
use nova_service::postgres::Database;
use nova_service::tokens::Verifier;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use hub::Hub;
use own_channel::OwnChannel;
pub use rules::Rules;
pub use seal::Key;

use crate::config::{Config, REDIS_WAIT};
use crate::error::Error;
use crate::events::Schemas;
use crate::store::windows::{Kept, Windows};
use crate::{MIGRATIONS, NAME};

/// What every request, every event and every stream is handed.
#[derive(Clone)]
pub struct State(Arc<Inner>);

/// What [`State`] leads to.
pub struct Inner {
    /// What is known of posts, conversations and blocks, and what was lost.
    pub database: Database,
    /// How events are read.
    pub schemas: Schemas,
    /// What reaches nobody, whoever it is for: `rules.filter()` as it is now.
    pub rules: Rules,
    /// Signs ids and tickets.
    pub key: Key,
    /// Checks access tokens.
    pub verifier: Verifier,
    /// The streams of this node.
    pub hub: Hub,
    /// What this node sends itself.
    pub own_channel: OwnChannel,
    /// What is kept of channels.
    pub windows: Windows,
    /// How topics and headers are named, and where they are.
    pub kafka: KafkaConfig,
    /// How often a stream is written something.
    pub heartbeat: Duration,
    /// Clients of a node that stops come back within this time.
    pub spread: Duration,
    /// Every stream, so that a stop can wait for them.
    pub sessions: TaskTracker,
    /// Ends every stream.
    pub stopping: CancellationToken,
    /// Whether windows are being filled again, here or on another node.
    is_filling: AtomicBool,
}

impl std::ops::Deref for State {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl State {
    /// Connects to the database, brings it up to date, and reads what else the settings say.
    ///
    /// # Errors
    /// When a setting is missing or wrong, and when there is no database.
    pub async fn connect(
        config: &Config,
        kafka: &KafkaConfig,
        env: &mut Env,
    ) -> anyhow::Result<Self> {
        let key = Key::read(env)?;
        let verifier = Verifier::read(env)?;
        let database = Database::connect(env, NAME, &MIGRATIONS).await?;
        Ok(Self(Arc::new(Inner {
            database,
            schemas: Schemas::new()?,
            rules: Rules::read(&config.rules)?,
            hub: Hub::new(key.clone(), config.spread),
            own_channel: OwnChannel::new(),
            windows: Windows::new(
                config.redis.clone(),
                &config.redis_prefix,
                REDIS_WAIT,
                Kept {
                    events: config.window,
                    age: config.window_age,
                },
            ),
            kafka: kafka.clone(),
            key,
            verifier,
            heartbeat: config.heartbeat,
            spread: config.spread,
            sessions: TaskTracker::new(),
            stopping: CancellationToken::new(),
            is_filling: AtomicBool::new(false),
        })))
    }

    /// Notes whether windows are being filled again.
    pub fn set_filling(&self, is_filling: bool) {
        self.is_filling.store(is_filling, Ordering::SeqCst);
    }

    /// Waits until it is known which windows count.
    ///
    /// # Errors
    /// When Redis is away for 20 s, and when windows are still being filled then, which is no failure.
    pub async fn until_settled(&self) -> Result<(), Error> {
        match self.windows.until_settled().await {
            Err(_) if self.is_filling.load(Ordering::SeqCst) => Err(Error::Filling),
            settled => Ok(settled.map(|_| ())?),
        }
    }
}
