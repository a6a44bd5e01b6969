//! `nova dlq`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use nova_event_bus::{DeadLetter, list_dead_letters};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use time::format_description::well_known::Rfc3339;

use crate::platform::SERVICES;
use crate::running::Running;

/// Works with events that could not be handled
#[derive(clap::Args)]
pub(crate) struct Dlq {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Shows them with their reasons, the newest first
    List(List),
}

#[derive(clap::Args)]
struct List {
    /// Only this service's; all services' if not given
    #[arg(long)]
    service: Option<String>,
    /// At most so many per service
    #[arg(long, default_value_t = 100)]
    limit: i64,
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

impl Dlq {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let Action::List(list) = self.action;
        list.run().await
    }
}

impl List {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let running = || Running::find(&self.data).map(|running| running.postgres);
        let postgres = self.postgres.clone().or_else(running);
        let postgres = postgres
            .context("no platform runs here: give --postgres, or --data of one that runs")?;
        let mut count = 0;
        for service in self.services()? {
            let letters = dead_letters(&postgres, service, self.limit).await;
            let letters =
                letters.with_context(|| format!("could not read the dead letters of {service}"))?;
            for letter in &letters {
                super::print(line(service, letter)?)?;
            }
            count += letters.len();
        }
        super::print(format_args!("{count} dead letters"))?;
        Ok(ExitCode::SUCCESS)
    }

    fn services(&self) -> anyhow::Result<Vec<&str>> {
        match self.service.as_deref() {
            None => Ok(SERVICES.to_vec()),
            Some(service) if SERVICES.contains(&service) => Ok(vec![service]),
            Some(service) => bail!(
                "there is no service {service}: it is one of {}",
                SERVICES.join(", ")
            ),
        }
    }
}

async fn dead_letters(
    postgres: &str,
    service: &str,
    limit: i64,
) -> anyhow::Result<Vec<DeadLetter>> {
    let options: PgConnectOptions = postgres
        .parse()
        .ok()
        .context("the URL of Postgres cannot be read")?;
    let prefix = options.get_database().unwrap_or("nova");
    let database = format!("{prefix}_{}", service.replace('-', "_"));
    let pool = PgPool::connect_with(options.clone().database(&database)).await?;
    Ok(list_dead_letters(&pool, limit).await?)
}

fn line(service: &str, letter: &DeadLetter) -> anyhow::Result<String> {
    let parked_at = letter.parked_at.format(&Rfc3339)?;
    let DeadLetter {
        consumer,
        topic,
        partition,
        position,
        attempts,
        code,
        reason,
        ..
    } = letter;
    let event_type = letter.event_type.as_deref().unwrap_or("of unknown type");
    let event_id = letter.event_id.as_deref().unwrap_or("without id");
    let line = format!(
        "{parked_at}  {service}  {topic}[{partition}]@{position}  {event_type} {event_id}  \
         by {consumer} after {attempts} attempts: {code}: {reason}"
    );
    // Anyone can have sent it: what would move a terminal's cursor is shown, not done.
    Ok(line.replace(char::is_control, "\u{fffd}"))
}
