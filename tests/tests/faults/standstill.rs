//! Processes that stand still.

use std::fs;

use nova_cli::servers::{Process, Signal};

/// A process that stands still. It goes on when this is dropped.
pub(crate) struct Paused(pub(crate) Process);

impl Drop for Paused {
    fn drop(&mut self) {
        // One that was killed meanwhile needs no more.
        drop(self.0.signal(Signal::CONT));
    }
}

/// Stops a process and every child of it where they are until what this gives is dropped: a server that is there and says
/// nothing.
pub(crate) fn freeze(process: Process) -> anyhow::Result<Vec<Paused>> {
    process.signal(Signal::STOP)?;
    let mut frozen = vec![Paused(process)];
    for child in children_of(process.pid())? {
        child.signal(Signal::STOP)?;
        frozen.push(Paused(child));
    }
    Ok(frozen)
}

/// The processes that this one has made. It stands still and makes no more.
fn children_of(parent: i32) -> anyhow::Result<Vec<Process>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        // One that has ended meanwhile has no parent any more.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // After the name, which may itself contain brackets: the state, and the parent.
        let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let its_parent = after_name
            .split(' ')
            .nth(1)
            .and_then(|pid| pid.parse().ok());
        if its_parent == Some(parent) {
            children.extend(Process::of(pid));
        }
    }
    Ok(children)
}
