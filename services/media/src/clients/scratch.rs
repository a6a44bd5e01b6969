//! Files of this process alone, for what has to be read back and forth. They have no name, so that nothing of them stays
//! when it dies.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::path::PathBuf;

use bytes::Bytes;

/// Where such files are made.
#[derive(Debug, Clone)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// In that folder, or where the system has its own.
    #[must_use]
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self(folder.unwrap_or_else(std::env::temp_dir))
    }

    /// A new file.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn file(&self) -> io::Result<File> {
        tempfile::tempfile_in(&self.0)
    }

    /// A new file that is filled as bytes come.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn spool(&self) -> io::Result<Spool> {
        Ok(Spool {
            file: Some(self.file()?),
        })
    }
}

/// A file that is being filled.
#[derive(Debug)]
pub struct Spool {
    /// None while a block is written.
    file: Option<File>,
}

impl Spool {
    /// Appends these.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn append(&mut self, bytes: Bytes) -> io::Result<()> {
        let mut file = self.file.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let written = tokio::task::spawn_blocking(move || {
            file.write_all(&bytes)?;
            Ok::<_, io::Error>(file)
        });
        self.file = Some(written.await.map_err(io::Error::other)??);
        Ok(())
    }

    /// The file, from its first byte.
    ///
    /// # Errors
    /// When the disk has failed before.
    pub fn finish(self) -> io::Result<File> {
        let mut file = self.file.ok_or(io::ErrorKind::BrokenPipe)?;
        file.rewind()?;
        Ok(file)
    }
}
