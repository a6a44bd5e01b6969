//! `nova outbox`

use std::process::ExitCode;

use anyhow::Context;
use nova_event_bus::{OutboxStatus, outbox_status};

use crate::databases::Databases;

/// Looks at what is to be published
#[derive(clap::Args)]
pub(crate) struct Outbox {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Status(Status),
}

/// Shows how many events wait in each service's outbox, for how long, and whether somebody publishes them
#[derive(clap::Args)]
struct Status {
    #[command(flatten)]
    databases: Databases,
}

impl Outbox {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let Action::Status(status) = self.action;
        status.run().await
    }
}

impl Status {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let mut rows = Vec::new();
        for (service, pool) in self.databases.open().await? {
            let status = outbox_status(&pool).await;
            let status =
                status.with_context(|| format!("could not look at the outbox of {service}"))?;
            rows.push(row(service, &status));
        }
        let head = [
            "SERVICE",
            "EVENTS",
            "OLDEST",
            "RELAYED",
            "DEAD ROWS",
            "TABLE kB",
            "INDEX kB",
        ];
        for line in super::dlq::table(head, &rows) {
            super::print(line)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn row(service: &str, status: &OutboxStatus) -> [String; 7] {
    let about = if status.is_exact { "" } else { "about " };
    let oldest = status.oldest.map(|age| format!("{} s", age.as_secs()));
    [
        service.to_owned(),
        format!("{about}{}", status.rows),
        oldest.unwrap_or_else(|| "-".to_owned()),
        if status.is_relayed { "yes" } else { "no" }.to_owned(),
        status.dead_tuples.to_string(),
        (status.table_bytes / 1_024).to_string(),
        (status.index_bytes / 1_024).to_string(),
    ]
}
