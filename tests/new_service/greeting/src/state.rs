//! What every request is handed: cheap handles, made once.

use nova_event_bus::Outbox;
use nova_service::config::Env;
use nova_service::postgres::{self, Database};
use nova_service::rate_limit::{LimitLayer, RateLimits, limit_reads, limit_writes};
use sqlx::{Postgres, Transaction};

use crate::config::Config;
use crate::error::Error;
use crate::{MIGRATIONS, NAME};

/// What every request is handed.
#[derive(Clone)]
pub struct State {
    /// Greetings, and the outbox.
    pub database: Database,
    /// The way to publish.
    pub outbox: Outbox,
    /// What new users are greeted with.
    pub welcome: String,
    /// How often may be written.
    pub writes: LimitLayer,
    /// How often may be read.
    pub reads: LimitLayer,
}

impl State {
    /// Connects to the database, brings it up to date, and reads what else the settings say.
    ///
    /// # Errors
    /// When a setting is missing or wrong, and when there is no database.
    pub async fn connect(config: Config, env: &mut Env) -> anyhow::Result<Self> {
        let limits = RateLimits::read(env)?;
        Ok(Self {
            welcome: config.welcome,
            writes: limit_writes(&limits),
            reads: limit_reads(&limits),
            outbox: Outbox::new(NAME),
            database: Database::connect(env, NAME, &MIGRATIONS).await?,
        })
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
    /// When a statement before had failed, and when the database fails.
    pub async fn commit(&self, tx: Transaction<'static, Postgres>) -> Result<(), Error> {
        Ok(postgres::commit(tx).await?)
    }
}
