//! The databases of a platform, past its services.

use anyhow::Context;
use nova_cli::platform::SERVICES;
use nova_service::postgres::name_of;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

/// One for each service.
#[derive(Clone)]
pub(crate) struct Databases(Vec<PgConnectOptions>);

impl Databases {
    /// Those under `postgres://user@host:port/prefix`.
    pub(crate) fn of(postgres: &str) -> anyhow::Result<Self> {
        let options: PgConnectOptions = postgres.parse()?;
        let prefix = options.get_database().context("no prefix of databases")?;
        let each = SERVICES.map(|service| options.clone().database(&name_of(prefix, service)));
        Ok(Self(each.to_vec()))
    }

    /// A connection to that of a service.
    pub(crate) async fn connect(&self, service: &str) -> anyhow::Result<PgConnection> {
        let mut each = SERVICES.iter().zip(&self.0);
        let found = each.find(|(name, _)| **name == service);
        let (_, options) = found.with_context(|| format!("there is no {service}"))?;
        Ok(PgConnection::connect_with(options).await?)
    }

    /// How many events wait in all outboxes.
    pub(crate) async fn outbox_rows(&self) -> anyhow::Result<i64> {
        self.count_in_all("SELECT count(*) FROM outbox").await
    }

    /// How many posts readers have yet to be told of.
    pub(crate) async fn untold(&self) -> anyhow::Result<i64> {
        let connection = self.connect("feed").await?;
        count(connection, "SELECT count(*) FROM fanouts").await
    }

    /// The sum of what this counts in each.
    pub(crate) async fn count_in_all(&self, rows: &'static str) -> anyhow::Result<i64> {
        let mut sum = 0;
        for database in &self.0 {
            sum += count(PgConnection::connect_with(database).await?, rows).await?;
        }
        Ok(sum)
    }
}

async fn count(mut connection: PgConnection, rows: &'static str) -> anyhow::Result<i64> {
    let count = sqlx::query_scalar(rows);
    let count = count.fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(count)
}
