//! `nova routes`

use std::process::ExitCode;

use crate::routes;

/// Prints which paths belong to which service, for proxies before services that run each for itself
///
/// A path stands for all below it; of several that fit, the longest counts. Health, metrics and documentation of services are
/// for operators, and not among them. Nothing needs to run.
#[derive(clap::Args)]
pub(crate) struct Routes {
    /// As directives of Caddy, which import a snippet `to` with the name of the service's host
    #[arg(long, conflicts_with = "gateway")]
    caddy: bool,
    /// As `HTTPRoute`s and `GRPCRoute`s of the Kubernetes Gateway API, at a Gateway `nova`
    #[arg(long)]
    gateway: bool,
}

impl Routes {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let routes = routes::of_services()?;
        let text = if self.caddy {
            routes::caddy(&routes)
        } else if self.gateway {
            routes::gateway(&routes)
        } else {
            let row = |(service, path): (&str, &str)| [service.to_owned(), path.to_owned()];
            let rows = routes.iter().flat_map(|one| {
                let paths = one.paths.iter();
                paths.map(|path| row((one.service, path)))
            });
            let rows: Vec<_> = rows.collect();
            super::dlq::table(["SERVICE", "PATH"], &rows).join("\n")
        };
        super::print(text.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}
