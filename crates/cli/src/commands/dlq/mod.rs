//! `nova dlq`

mod audit;
mod change;
mod list;
mod select;
mod show;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

pub(super) use self::text::table;
use crate::platform::SERVICES;
use crate::running::Running;

/// Works with events that could not be handled, and those that wait behind them
#[derive(clap::Args)]
pub(crate) struct Dlq {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    List(list::List),
    Show(show::Show),
    Replay(change::Replay),
    Discard(change::Discard),
    Audit(audit::Audit),
}

impl Dlq {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::List(command) => command.run().await,
            Action::Show(command) => command.run().await,
            Action::Replay(command) => command.run().await,
            Action::Discard(command) => command.run().await,
            Action::Audit(command) => command.run().await,
        }
    }
}

/// Whose dead letters.
#[derive(clap::Args)]
struct Databases {
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
    async fn open(&self) -> anyhow::Result<Vec<(&'static str, PgPool)>> {
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
            let database = format!("{prefix}_{}", service.replace('-', "_"));
            let pool = PgPool::connect_with(options.clone().database(&database)).await;
            let pool = pool.with_context(|| format!("no answer from the database {database}"))?;
            pools.push((service, pool));
        }
        Ok(pools)
    }
}

/// The service of that name, or all of them.
pub(super) fn services(name: Option<&str>) -> anyhow::Result<Vec<&'static str>> {
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

fn could_not(what: &str, service: &str) -> String {
    format!("could not {what} the dead letters of {service}")
}
