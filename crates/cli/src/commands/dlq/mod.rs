//! `nova dlq`

mod audit;
mod change;
mod hold;
mod list;
mod select;
mod show;
mod text;

use std::process::ExitCode;

pub(super) use self::text::table;

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
    Purge(change::Purge),
    Hold(hold::Hold),
    Release(hold::Release),
    Audit(audit::Audit),
}

impl Dlq {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::List(command) => command.run().await,
            Action::Show(command) => command.run().await,
            Action::Replay(command) => command.run().await,
            Action::Discard(command) => command.run().await,
            Action::Purge(command) => command.run().await,
            Action::Hold(command) => command.run().await,
            Action::Release(command) => command.run().await,
            Action::Audit(command) => command.run().await,
        }
    }
}

fn could_not(what: &str, service: &str) -> String {
    format!("could not {what} the dead letters of {service}")
}
