//! Programs that a test starts beside itself.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::path::Path;
use std::process::Stdio;

use anyhow::bail;
use tokio::process::Command;

/// Where ports are taken from: below those of outgoing connections, for a client that calls a server that
/// is down could be given its very port, and would be connected to itself.
const PORTS: Range<u16> = 20_000..32_000;

/// An address on which nobody listens.
///
/// # Errors
/// When none is found.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    for _ in 0..200 {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, rand::random_range(PORTS)));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("found no free port in {PORTS:?}")
}

/// A program that gets none of our settings, writes to that log, and does not outlive us.
///
/// # Errors
/// When the log cannot be written.
pub fn command(program: &Path, log: &Path) -> anyhow::Result<Command> {
    let log = File::options().create(true).append(true).open(log)?;
    // Should the test itself be killed, the kernel kills its child.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    without_settings(&mut command);
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true);
    Ok(command)
}

/// Nothing of Nova's settings goes to what is started.
pub fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("NOVA_") {
            command.env_remove(name);
        }
    }
}
