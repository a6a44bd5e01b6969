//! A folder for one run: data, logs, and the program under test.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use nova_cli::progress::Progress;
use nova_cli::servers::{Instance, forget};

/// The folder of a run. It goes when the run went well; otherwise the logs stay.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// A copy, so that a build meanwhile does not change what is started again.
    pub(crate) program: PathBuf,
    pub(crate) journal: Journal,
}

impl Folder {
    /// A folder with a copy of `built`.
    pub(crate) fn make(name: &str, built: &Path) -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("nova-faults-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("could not make {}", path.display()))?;
        let program = path.join("program");
        fs::copy(built, &program)
            .with_context(|| format!("no {}: cargo build -p nova-cli makes it", built.display()))?;
        let journal = Journal::begin(&path.join("journal.log"))?;
        Ok(Self {
            path,
            program,
            journal,
        })
    }

    /// Removes everything but the logs: the data of the servers in `servers`, and the program.
    pub(crate) async fn clear(&self, servers: &Path) -> anyhow::Result<()> {
        let instance = Instance::take(servers).await?;
        forget(&instance, &Progress::silent()).await?;
        Ok(fs::remove_file(&self.program)?)
    }

    /// Removes the logs, too.
    pub(crate) fn remove(self) -> anyhow::Result<()> {
        Ok(fs::remove_dir_all(&self.path)?)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            say(format_args!(
                "faults: everything is left in {}",
                self.path.display()
            ));
        }
    }
}

/// Who did what when. Clones write to the same file.
#[derive(Clone)]
pub(crate) struct Journal {
    file: Arc<File>,
    began: Instant,
}

impl Journal {
    fn begin(path: &Path) -> anyhow::Result<Self> {
        let file = Arc::new(File::options().create(true).append(true).open(path)?);
        Ok(Self {
            file,
            began: Instant::now(),
        })
    }

    pub(crate) fn note(&self, what: impl Display) {
        let seconds = self.began.elapsed().as_secs_f32();
        // A full disk shows elsewhere.
        drop(writeln!(&*self.file, "{seconds:7.2} {what}"));
    }

    /// For the supervisors of servers.
    pub(crate) fn progress(&self) -> Progress {
        let journal = self.clone();
        Progress::to(move |line| journal.note(line))
    }
}

/// One line past the test runner, which keeps to itself what a test that passes has printed.
pub(crate) fn say(line: impl Display) {
    // A closed terminal is no reason to fail.
    drop(writeln!(std::io::stderr(), "{line}"));
}
