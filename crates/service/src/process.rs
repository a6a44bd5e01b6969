//! `main` of a process that runs one service.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::{ConfigError, Env};
use crate::platform::{Platform, Service};
use crate::postgres::SchemaError;
use crate::ready;
use crate::telemetry::Telemetry;

/// `EX_CONFIG` of sysexits.h: starting again will not help.
const EXIT_CONFIG: u8 = 78;

/// What is typed makes no sense.
const EXIT_USAGE: u8 = 2;

/// Tasks that block a thread get this long to end after everything else has.
const LAST_GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// Runs one service until SIGINT or SIGTERM. A service's whole `main`:
///
/// ```ignore
/// fn main() -> std::process::ExitCode {
///     nova_service::main(nova_content::service)
/// }
/// ```
///
/// The exit code is 78 when a setting is wrong, 1 when anything else failed; the error is printed. With `--check` it only asks
/// the process that runs with the same settings whether it is ready, and the exit code is 1 if it is not.
pub fn main(service: impl AsyncFnOnce(&mut Env) -> anyhow::Result<Service>) -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        None => {}
        Some(only) if only == "--check" && arguments.next().is_none() => return check(),
        Some(_) => {
            writeln!(std::io::stderr(), "usage: {} [--check]", program()).ok();
            return ExitCode::from(EXIT_USAGE);
        }
    }
    let outcome = runtime().and_then(|runtime| {
        let outcome = runtime.block_on(serve(service));
        runtime.shutdown_timeout(LAST_GRACE);
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn check() -> ExitCode {
    match ready::ask(&mut Env::process()) {
        Ok(text) => {
            writeln!(std::io::stdout(), "{text}").ok();
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

/// A runtime with a worker per core and at least two: the exporter of traces blocks one at the end.
fn runtime() -> anyhow::Result<Runtime> {
    let workers = std::thread::available_parallelism()
        .map_or(2, std::num::NonZeroUsize::get)
        .max(2);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .context("could not start the runtime")
}

async fn serve(
    service: impl AsyncFnOnce(&mut Env) -> anyhow::Result<Service>,
) -> anyhow::Result<()> {
    let mut env = Env::process();
    let telemetry = Telemetry::install(&mut env, &program())?;
    let stop = stop_on_signal()?;
    // A signal while servers are waited for ends the wait.
    let outcome = match stop.run_until_cancelled(start(&mut env, service)).await {
        Some(Ok(bound)) => bound.run(stop).await,
        Some(Err(error)) => Err(error),
        None => Ok(()),
    };
    telemetry.shutdown().await;
    outcome
}

async fn start(
    env: &mut Env,
    service: impl AsyncFnOnce(&mut Env) -> anyhow::Result<Service>,
) -> anyhow::Result<crate::platform::Bound> {
    let mut platform = Platform::read(env)?;
    platform.add(service(env).await?);
    for name in env.unasked() {
        tracing::warn!(name, "a setting is not known here");
    }
    let bound = platform.bind().await?;
    tracing::info!(address = %bound.address(), "serving");
    if let Some(address) = bound.admin_address() {
        tracing::info!(%address, "serving operators");
    }
    Ok(bound)
}

fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt()).context("could not listen to SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("could not listen to SIGTERM")?;
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        stopping.cancel();
    });
    Ok(stop)
}

/// The name this program was started as, e.g. `nova-content`.
fn program() -> String {
    let started_as = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&started_as).file_stem().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn fail(error: &anyhow::Error) -> ExitCode {
    // Where standard error is closed there is nobody to tell.
    writeln!(std::io::stderr(), "error: {error:#}").ok();
    exit_code(error)
}

/// How a process ends for an error: with 78 when a setting is wrong or a database is not the one that it is to be, with 1
/// otherwise.
#[must_use]
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    let is_config = error
        .chain()
        .any(|cause| cause.is::<ConfigError>() || cause.is::<SchemaError>());
    if is_config {
        ExitCode::from(EXIT_CONFIG)
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_have_their_own_exit_code() {
        let wrong = ConfigError::Missing {
            name: "NOVA_SECRET",
            help: "key of cursors",
        };
        assert_eq!(exit_code(&anyhow::Error::new(wrong)), ExitCode::from(78));
        assert_eq!(exit_code(&anyhow::anyhow!("broken")), ExitCode::FAILURE);
    }
}
