//! `nova migrate`

use std::path::PathBuf;
use std::process::ExitCode;

use nova_service::postgres::Migrations;
use nova_service::{ConfigError, Env};

use crate::databases::services;
use crate::environment;
use crate::platform::{MIGRATIONS, SERVICES};
use crate::running::Running;

const POSTGRES: &str = "NOVA_POSTGRES";

/// Brings the databases of services up to date, and makes those that are not there
#[derive(clap::Args)]
pub(crate) struct Migrate {
    /// Only this service's; all services' if not given
    #[arg(long)]
    service: Option<String>,
    /// Changes nothing, says what is to be done, and fails (exit 1) if there is something
    #[arg(long)]
    check: bool,
    /// Data folder of a running platform, whose Postgres is taken if `NOVA_POSTGRES` is not set
    #[arg(long, default_value = ".nova")]
    data: PathBuf,
}

impl Migrate {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let chosen = services(self.service.as_deref())?;
        let mut env = self.env()?;
        let mut is_behind = false;
        for (service, folder) in SERVICES.into_iter().zip(MIGRATIONS) {
            if !chosen.contains(&service) {
                continue;
            }
            let migrations = Migrations::read(&mut env, service, folder)?;
            let (lacked, how) = if self.check {
                (migrations.pending().await?, "pending")
            } else {
                (migrations.run().await?, "applied")
            };
            let database = migrations.database();
            if lacked.is_empty() {
                super::print(format!("{database}: up to date"))?;
            }
            for one in &lacked {
                super::print(format!("{database}: {one} {how}"))?;
            }
            is_behind |= self.check && !lacked.is_empty();
        }
        Ok(if is_behind {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }

    /// What is set, or what a platform that runs here has.
    fn env(&self) -> Result<Env, ConfigError> {
        let mut settings = environment::of_process()?;
        if !settings.contains_key(POSTGRES)
            && let Some(running) = Running::find(&self.data)
        {
            settings.insert(POSTGRES.to_owned(), running.postgres);
        }
        Ok(Env::of(settings))
    }
}
