//! Processes that stand still.

use nova_cli::servers::{Process, Signal};
use nova_testkit::process::Stat;

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
    let all = Stat::all()?.into_iter();
    let children = all.filter(|(_, stat)| stat.parent == parent);
    Ok(children.filter_map(|(pid, _)| Process::of(pid)).collect())
}
