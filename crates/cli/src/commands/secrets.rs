//! `nova secrets`

use std::path::PathBuf;
use std::process::ExitCode;

use crate::secrets;

/// Makes the secrets that a platform needs
#[derive(clap::Args)]
pub(crate) struct Secrets {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Makes new ones: `NOVA_SECRET`, `NOVA_TOKEN_SIGNING_KEY`, and `NOVA_TOKEN_KEYS`, which is none
    New {
        /// Folder for a file of each, named after the setting; the lines of an environment if not given. What is there stays, so
        /// that this may be run again
        #[arg(long)]
        folder: Option<PathBuf>,
    },
}

impl Secrets {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let Command::New { folder } = self.command;
        match folder {
            Some(folder) => {
                for name in secrets::write(&folder)? {
                    super::print(format!("{}", folder.join(name).display()))?;
                }
            }
            None => {
                let mut made = crate::environment::Settings::new();
                secrets::complete_for_now(&mut made)?;
                for (name, value) in made {
                    super::print(format!("{name}={value}"))?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
