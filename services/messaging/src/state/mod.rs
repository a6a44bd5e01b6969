//! What every request is handed: cheap handles, made once.

mod conversations;
mod messages;

use std::sync::Arc;
use std::time::Duration;

use nova_attachments::Links;
use nova_event_bus::{Outbox, Tables};
use nova_ids::UserId;
use nova_service::config::Env;
use nova_service::cursor::CursorKey;
use nova_service::postgres::{self, Database};
use nova_service::rate_limit::{LimitLayer, RateLimits, limit_reads, limit_writes};
use sqlx::{Postgres, Transaction};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

pub use messages::Stretch;

use crate::error::Error;
use crate::{MIGRATIONS, NAME, store};

/// A user whom nobody here has heard of may have registered a moment ago: they are waited for so long.
const PATIENCE: Duration = Duration::from_secs(2);
/// And looked for again after this time.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What every request is handed.
#[derive(Clone)]
pub struct State {
    /// Conversations, who may see whom, and the outbox.
    pub database: Database,
    /// The way to publish.
    pub outbox: Outbox,
    /// Seals the cursors of lists.
    pub cursors: CursorKey,
    /// How often may be written.
    pub writes: LimitLayer,
    /// How often may be read.
    pub reads: LimitLayer,
    /// Signs the addresses of media that are shown.
    pub links: Links,
    /// Wakes who tells of marks: there are some.
    pub marks: Arc<Notify>,
}

impl State {
    /// Connects to the database, brings it up to date, and reads what else the settings say.
    ///
    /// # Errors
    /// When a setting is missing or wrong, and when there is no database.
    pub async fn connect(env: &mut Env) -> anyhow::Result<Self> {
        let limits = RateLimits::read(env)?;
        Ok(Self {
            cursors: CursorKey::read(env)?,
            writes: limit_writes(&limits),
            reads: limit_reads(&limits),
            links: Links::read(env)?,
            outbox: Outbox::new(NAME),
            database: Database::connect(env, NAME, &MIGRATIONS).await?,
            marks: Arc::default(),
        })
    }

    /// The tables of the event bus.
    #[must_use]
    pub fn tables(&self) -> Tables {
        Tables::from(&self.database.pool).deadline(self.database.deadline)
    }

    /// Begins the transaction that a command is handed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, Error> {
        Ok(self.database.pool.begin().await?)
    }

    /// Commits what a command did.
    ///
    /// # Errors
    /// When a statement before had failed, whether or not somebody looked: then nothing is committed. When
    /// the database fails: then it may or may not have happened.
    pub async fn commit(&self, tx: Transaction<'static, Postgres>) -> Result<(), Error> {
        Ok(postgres::commit(tx).await?)
    }

    /// What `attempt` comes to, and what it comes to once more if it found that there is no such user: whoever is asked
    /// for may have registered a moment ago, and is waited for a while. What is refused for another reason is
    /// refused at once.
    ///
    /// # Errors
    /// Those of the attempt, and when the database fails.
    pub async fn once_known<T, F>(
        &self,
        users: &[UserId],
        attempt: impl Fn() -> F + Send + Sync,
    ) -> Result<T, Error>
    where
        T: Send,
        F: Future<Output = Result<T, Error>> + Send,
    {
        match attempt().await {
            Err(Error::NoSuchUser) => {}
            done => return done,
        }
        self.await_users(users).await?;
        attempt().await
    }

    async fn await_users(&self, users: &[UserId]) -> Result<(), Error> {
        let end = Instant::now() + PATIENCE;
        while !store::accounts::are_known(&self.database.pool, users).await? {
            if Instant::now() >= end {
                break;
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}
