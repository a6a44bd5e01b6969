//! Starts child processes on one thread that lives as long as they may.
//!
//! A child can ask the kernel for a signal when its parent dies, but "parent" means the **thread** that
//! made it, and a runtime's worker threads come and go. So one thread makes them all. It ends when the
//! last [`Spawner`] is dropped, or with the process, however that dies; the children hear of it.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Handle of the thread. Clones share it.
#[derive(Clone)]
pub(super) struct Spawner {
    jobs: SyncSender<Job>,
}

struct Job {
    command: Command,
    answer: oneshot::Sender<io::Result<Child>>,
}

impl Spawner {
    /// Starts the thread; inside a runtime only.
    pub(super) fn start() -> io::Result<Self> {
        let (jobs, inbox) = sync_channel::<Job>(8);
        let runtime = Handle::current();
        std::thread::Builder::new()
            .name("nova-spawner".to_owned())
            .spawn(move || {
                let _inside = runtime.enter();
                for mut job in inbox {
                    // Nobody waits any more: the child is dropped, and its drop kills it.
                    drop(job.answer.send(job.command.spawn()));
                }
            })?;
        Ok(Self { jobs })
    }

    pub(super) async fn spawn(&self, command: Command) -> io::Result<Child> {
        let (answer, spawned) = oneshot::channel();
        self.jobs
            .try_send(Job { command, answer })
            .map_err(io::Error::other)?;
        spawned.await.map_err(io::Error::other)?
    }
}
