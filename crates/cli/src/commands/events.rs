//! `nova events`

use std::process::ExitCode;

use crate::catalogue::{asyncapi, markdown};

/// Prints the catalogue of events as docs/EVENTS.md
#[derive(clap::Args)]
pub(crate) struct Events {
    /// As an AsyncAPI 3.0 document instead
    #[arg(long)]
    asyncapi: bool,
}

impl Events {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let text = if self.asyncapi {
            asyncapi()
        } else {
            markdown()
        };
        super::print(text?.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}
