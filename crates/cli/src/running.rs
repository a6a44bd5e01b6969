//! What a running `nova up` tells other commands: `run/platform.json` in its data folder.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::servers::Process;

/// Where a running platform and its servers are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Its process: `pid`, and `started` in clock ticks since boot.
    #[serde(flatten)]
    pub process: Process,
    /// `http://host:port`: web, REST and gRPC.
    pub url: String,
    /// `postgres://…/prefix`, with the password if there is one.
    pub postgres: String,
    /// `redis://…`
    pub redis: String,
    /// `host:port`
    pub kafka: String,
}

impl Running {
    /// The one on this data folder; none when it does not run (any more).
    #[must_use]
    pub fn find(data: &Path) -> Option<Self> {
        let running: Self = serde_json::from_slice(&fs::read(file(data)).ok()?).ok()?;
        running.process.is_alive().then_some(running)
    }

    pub(crate) fn announce(&self, data: &Path) -> anyhow::Result<()> {
        let path = file(data);
        let failed = || format!("could not write {}", path.display());
        Self::withdraw(data);
        let file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        let json = serde_json::to_vec_pretty(self)?;
        file.and_then(|mut file| file.write_all(&json))
            .with_context(failed)
    }

    pub(crate) fn withdraw(data: &Path) {
        // Not being there is what is wanted.
        drop(fs::remove_file(file(data)));
    }
}

fn file(data: &Path) -> PathBuf {
    data.join("run/platform.json")
}
