//! `nova openapi`

use std::process::ExitCode;

use crate::platform;

/// Prints the OpenAPI document that the platform serves at /openapi.json
///
/// Clients are generated from it. Nothing needs to run.
#[derive(clap::Args)]
pub(crate) struct OpenApi {}

impl OpenApi {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        super::print(platform::openapi().to_pretty_json()?)?;
        Ok(ExitCode::SUCCESS)
    }
}
