//! `nova dlq audit`

use std::process::ExitCode;

use anyhow::Context;
use nova_event_bus::dead_letter;

use super::could_not;
use super::text::{harmless, moment, table};
use crate::commands::print;
use crate::databases::Databases;

/// Shows who replayed and discarded what, the latest first
#[derive(clap::Args)]
pub(super) struct Audit {
    #[command(flatten)]
    databases: Databases,
    /// At most so many per service
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
}

impl Audit {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let mut rows = Vec::new();
        for (service, pool) in self.databases.open().await? {
            let entries = dead_letter::audit(&pool, self.limit).await;
            for entry in entries.with_context(|| could_not("read what was done with", service))? {
                rows.push([
                    moment(entry.at)?,
                    service.to_owned(),
                    harmless(&entry.actor),
                    entry.action,
                    entry.letters.to_string(),
                    harmless(&entry.selected),
                ]);
            }
        }
        rows.sort_by(|one, other| other.cmp(one));
        for line in table(
            ["AT", "SERVICE", "WHO", "DID", "LETTERS", "SELECTED"],
            &rows,
        ) {
            print(line)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
