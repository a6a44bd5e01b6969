//! One `nova` per data folder.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use super::process::Process;

/// How often, and how soon again, a lock is tried whose owner is dead.
const ATTEMPTS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// The right to use a data folder. It ends with the process, however that dies.
pub struct Instance {
    /// The folder, absolute.
    pub(super) folder: PathBuf,
    /// Holds the lock. Children do not inherit it: files are opened close-on-exec.
    _lock: File,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// Another one is there.
    #[error("nova is already running on {} ({}); stop that one, or give this one another folder with --data", folder.display(), describe(*pid))]
    Running {
        /// The data folder.
        folder: PathBuf,
        /// The other's process, where it could be read.
        pid: Option<i32>,
    },
    /// The folder cannot be made or written to.
    #[error("cannot use {} as data folder as this user", folder.display())]
    Folder {
        /// The data folder.
        folder: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

fn describe(pid: Option<i32>) -> String {
    pid.map_or_else(|| "pid not known".to_owned(), |pid| format!("pid {pid}"))
}

impl Instance {
    /// Takes the data folder, making it first if need be. One that was killed this very moment may still
    /// hold it: it is given a second to be gone.
    ///
    /// # Errors
    /// [`InstanceError::Running`] when another process has it.
    pub async fn take(folder: &Path) -> Result<Self, InstanceError> {
        let failed = |source| InstanceError::Folder {
            folder: folder.to_owned(),
            source,
        };
        for name in ["logs", "run"] {
            fs::create_dir_all(folder.join(name)).map_err(failed)?;
        }
        let folder = folder.canonicalize().map_err(failed)?;
        let path = folder.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        for attempt in 1.. {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => return Err(failed(source)),
                Err(TryLockError::WouldBlock) => {}
            }
            let holder = fs::read_to_string(&path)
                .ok()
                .and_then(|pid| pid.trim().parse().ok());
            let is_dying = holder.is_some_and(|pid| Process::of(pid).is_none());
            if !is_dying || attempt > ATTEMPTS {
                return Err(InstanceError::Running {
                    folder,
                    pid: holder,
                });
            }
            sleep(PAUSE).await;
        }
        lock.set_len(0).map_err(failed)?;
        writeln!(&lock, "{}", std::process::id()).map_err(failed)?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// The data folder, absolute.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
