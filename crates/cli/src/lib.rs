#![doc = include_str!("../README.md")]

mod api;
pub mod bench;
mod brokers;
pub mod catalogue;
mod chat;
mod commands;
mod databases;
mod demo;
mod environment;
pub mod live;
pub mod platform;
pub mod progress;
pub mod routes;
pub mod running;
mod secrets;
pub mod servers;
mod settings;
mod signals;
mod usage;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::usage::Usage;

/// As for a command line that cannot be read.
const EXIT_USAGE: u8 = 2;

/// Reads the command line, does what it says, and tells how that ended.
#[must_use]
pub fn main() -> ExitCode {
    let command = commands::Nova::parse();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    match runtime.enable_all().worker_threads(workers()).build() {
        Ok(runtime) => runtime
            .block_on(command.run())
            .unwrap_or_else(|error| fail(&error)),
        Err(error) => fail(&error.into()),
    }
}

/// One per core, and at least two: the exporter of traces blocks one while another does its work.
fn workers() -> usize {
    std::thread::available_parallelism()
        .map_or(2, usize::from)
        .max(2)
}

fn fail(error: &anyhow::Error) -> ExitCode {
    let io = error.downcast_ref::<io::Error>();
    if io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        // Whoever reads our answer has read enough: `nova events | head`.
        return ExitCode::SUCCESS;
    }
    // With standard error closed there is nobody to tell.
    drop(writeln!(io::stderr(), "nova: {error:#}"));
    if error.is::<Usage>() {
        ExitCode::from(EXIT_USAGE)
    } else {
        nova_service::exit_code(error)
    }
}
