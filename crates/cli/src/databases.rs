//! The databases of the services, for commands that look into them.

use std::path::PathBuf;

use anyhow::{Context, bail};
use nova_service::postgres::name_of;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use crate::platform::SERVICES;
use crate::running::Running;

/// Whose databases.
#[derive(clap::Args)]
pub(crate) struct Databases {
    /// Only this service's; all services' if not given
    #[arg(long)]
    service: Option<String>,
    /// Postgres, postgres://user:password@host:port/prefix; that of a running `nova up` if not given
    #[arg(
        long,
        value_name = "URL",
        env = "NOVA_POSTGRES",
        hide_env_values = true
    )]
    postgres: Option<String>,
    /// Data folder of the running platform
    #[arg(long, default_value = ".nova")]
    data: PathBuf,
}

impl Databases {
    /// Connects to each, in turn.
    pub(crate) async fn open(&self) -> anyhow::Result<Vec<(&'static str, PgPool)>> {
        let running = || Running::find(&self.data).map(|running| running.postgres);
        let postgres = self.postgres.clone().or_else(running);
        let postgres = postgres
            .context("no platform runs here: give --postgres, or --data of one that runs")?;
        let options: PgConnectOptions = postgres
            .parse()
            .ok()
            .context("--postgres: the URL of Postgres cannot be read")?;
        let prefix = options.get_database().unwrap_or("nova");
        let mut pools = Vec::new();
        for service in services(self.service.as_deref())? {
            let database = name_of(prefix, service);
            let pool = PgPool::connect_with(options.clone().database(&database)).await;
            let pool = pool.with_context(|| format!("no answer from the database {database}"))?;
            pools.push((service, pool));
        }
        Ok(pools)
    }
}

/// The service of that name, or all of them.
pub(crate) fn services(name: Option<&str>) -> anyhow::Result<Vec<&'static str>> {
    let Some(name) = name else {
        return Ok(SERVICES.to_vec());
    };
    match SERVICES.into_iter().find(|service| *service == name) {
        Some(service) => Ok(vec![service]),
        None => bail!(
            "--service: there is no service {name}: it is one of {}",
            SERVICES.join(", ")
        ),
    }
}
