//! One file per command.

mod bench;
mod chat;
mod config;
mod demo;
mod dlq;
mod events;
mod lag;
mod migrate;
mod offsets;
mod openapi;
mod outbox;
mod routes;
mod secrets;
mod servers;
mod topics;
mod up;

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

/// Runs Nova and looks after it.
#[derive(clap::Parser)]
#[command(name = "nova", version)]
pub(crate) struct Nova {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Up(up::Up),
    Demo(demo::Demo),
    Chat(chat::Chat),
    Config(config::Config),
    Topics(topics::Topics),
    Dlq(dlq::Dlq),
    Lag(lag::ShowLag),
    Migrate(migrate::Migrate),
    Offsets(offsets::Offsets),
    Outbox(outbox::Outbox),
    Events(events::Events),
    #[command(name = "openapi")]
    OpenApi(openapi::OpenApi),
    Routes(routes::Routes),
    Secrets(secrets::Secrets),
    Servers(servers::Servers),
    Bench(bench::Bench),
}

impl Nova {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Up(command) => Box::pin(command.run()).await,
            Command::Demo(command) => command.run().await,
            Command::Chat(command) => command.run().await,
            Command::Config(command) => command.run(),
            Command::Topics(command) => command.run().await,
            Command::Dlq(command) => command.run().await,
            Command::Lag(command) => command.run().await,
            Command::Migrate(command) => command.run().await,
            Command::Offsets(command) => command.run().await,
            Command::Outbox(command) => command.run().await,
            Command::Events(command) => command.run(),
            Command::OpenApi(command) => command.run(),
            Command::Routes(command) => command.run(),
            Command::Secrets(command) => command.run(),
            Command::Servers(command) => Box::pin(command.run()).await,
            Command::Bench(command) => command.run().await,
        }
    }
}

/// One line of an answer, on standard output.
fn print(line: impl Display) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Nova::command().debug_assert();
    }
}
