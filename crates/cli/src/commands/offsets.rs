//! `nova offsets`

use std::process::ExitCode;

use nova_event_bus::{lag, rewind, rewinds};
use nova_proto::catalogue::TOPICS;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::brokers::Brokers;
use crate::usage::Usage;

/// Shows where a consumer group goes on, and has it go on at a time
#[derive(clap::Args)]
pub(crate) struct Offsets {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Shows what it reads next of each partition
    Show(Whose),
    /// Has it go on at what Kafka noted at a time or later, as after restoring its database to that time; it must not have
    /// members then. What its inbox still remembers is not handled again
    Reset {
        #[command(flatten)]
        whose: Whose,
        /// The time, such as 2026-11-23T10:00:00Z
        #[arg(long, value_name = "TIME", value_parser = time_of)]
        to: OffsetDateTime,
        /// Only says what would be
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(clap::Args)]
struct Whose {
    /// The group: a service's name
    #[arg(long)]
    group: String,
    #[command(flatten)]
    brokers: Brokers,
}

impl Whose {
    /// What was found of the group, if it is one.
    fn known<'a, T>(&self, found: &'a [T]) -> Result<&'a [T], Usage> {
        if found.is_empty() {
            return Err(Usage(format!(
                "--group: {} has committed nothing here",
                self.group
            )));
        }
        Ok(found)
    }
}

fn time_of(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "a time such as 2026-11-23T10:00:00Z".to_owned())
}

impl Offsets {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Show(whose) => show(&whose).await,
            Command::Reset { whose, to, dry_run } => reset(&whose, to, dry_run).await,
        }
    }
}

async fn show(whose: &Whose) -> anyhow::Result<ExitCode> {
    let kafka = whose.brokers.config()?;
    let lags = lag(&kafka, &whose.group, TOPICS).await?;
    let rows: Vec<[String; 3]> = whose
        .known(&lags)?
        .iter()
        .map(|one| {
            [
                one.topic.to_owned(),
                one.partition.to_string(),
                text(one.committed),
            ]
        })
        .collect();
    for line in super::dlq::table(["TOPIC", "PARTITION", "NEXT"], &rows) {
        super::print(line)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn reset(whose: &Whose, to: OffsetDateTime, dry_run: bool) -> anyhow::Result<ExitCode> {
    if to > OffsetDateTime::now_utc() {
        return Err(Usage(format!("--to: {to} has not come yet")).into());
    }
    let kafka = whose.brokers.config()?;
    let rewinds = rewinds(&kafka, &whose.group, TOPICS, to.into()).await?;
    let rows: Vec<[String; 4]> = whose
        .known(&rewinds)?
        .iter()
        .map(|one| {
            [
                one.topic.to_owned(),
                one.partition.to_string(),
                text(one.from),
                one.to.to_string(),
            ]
        })
        .collect();
    if !dry_run {
        rewind(&kafka, &whose.group, &rewinds).await?;
    }
    for line in super::dlq::table(["TOPIC", "PARTITION", "FROM", "TO"], &rows) {
        super::print(line)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(offset: Option<i64>) -> String {
    offset.map_or_else(|| "-".to_owned(), |offset| offset.to_string())
}
