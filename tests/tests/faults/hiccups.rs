//! Redis stands still for a moment, again and again, whatever else goes wrong.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nova_cli::servers::{Process, Server, Signal};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::sleep;

use crate::folder::Journal;
use crate::schedule::hiccups;
use crate::standstill::Paused;

/// A little longer than feed waits for an answer.
const HICCUP: Duration = Duration::from_millis(300);

/// Pauses of Redis that nobody may feel.
pub(crate) struct Hiccups {
    /// Of the process that is Redis now.
    record: PathBuf,
    /// Held by whoever has stopped a server.
    turn: Mutex<()>,
    count: AtomicUsize,
}

impl Hiccups {
    pub(crate) fn of(servers_data: &Path) -> Self {
        Self {
            record: servers_data.join(format!("run/{}.pid", Server::Redis)),
            turn: Mutex::default(),
            count: AtomicUsize::new(0),
        }
    }

    /// Lets them come, until this is dropped.
    pub(crate) async fn come(&self, journal: &Journal, seed: u64) -> anyhow::Result<Infallible> {
        for wait in hiccups(seed) {
            sleep(wait).await;
            let _turn = self.none().await;
            // One that was killed answers even less.
            let Some(redis) = Process::recorded(&self.record) else {
                continue;
            };
            redis.signal(Signal::STOP)?;
            let _paused = Paused(redis);
            journal.note("hiccup of redis");
            sleep(HICCUP).await;
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        anyhow::bail!("hiccups came to an end")
    }

    /// None come while this is held: their end would end a longer pause.
    pub(crate) async fn none(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}
