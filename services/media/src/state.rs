//! What every request is handed: cheap handles, made once.

use nova_event_bus::{Outbox, Tables};
use nova_service::config::Env;
use nova_service::postgres::Database;

use crate::{MIGRATIONS, NAME};

/// What every request is handed.
#[derive(Clone)]
pub struct State {
    /// Media, uploads, and the outbox.
    pub database: Database,
    /// The tables of the event bus.
    pub tables: Tables,
    /// The way to publish.
    pub outbox: Outbox,
}

impl State {
    /// Connects to the database, brings it up to date, and reads what else the settings say.
    ///
    /// # Errors
    /// When a setting is missing or wrong, and when there is no database.
    pub async fn connect(env: &mut Env) -> anyhow::Result<Self> {
        let database = Database::connect(env, NAME, &MIGRATIONS).await?;
        Ok(Self {
            tables: Tables::from(&database.pool).deadline(database.deadline),
            outbox: Outbox::new(NAME),
            database,
        })
    }
}
