//! A folder in which each mail is a file: for machines on which nobody sends any.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use nova_ids::EventId;
use tokio::fs;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

/// The folder. It is made with the first mail, and only its owner may look into it: mails hold tokens.
#[derive(Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Puts a mail into `<id>.eml`, whole or not at all. One that is there stays as it is.
    pub(super) async fn put(&self, id: EventId, mail: &[u8]) -> std::io::Result<()> {
        let path = self.0.join(format!("{id}.eml"));
        if fs::try_exists(&path).await? {
            return Ok(());
        }
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
            .await?;
        // A name that nobody else writes to: another replica may have the same mail in hand.
        let unfinished = self.0.join(format!("{id}.{}.unfinished", Uuid::now_v7()));
        let written = write(&unfinished, mail).await;
        let put = match written {
            Ok(()) => fs::rename(&unfinished, &path).await,
            Err(error) => Err(error),
        };
        if put.is_err() {
            tidy(&unfinished).await;
        }
        put
    }
}

async fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .await?;
    file.write_all(bytes).await?;
    file.sync_all().await
}

/// A disk that is full gets no fuller.
async fn tidy(path: &Path) {
    match fs::remove_file(path).await {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::debug!(%error, "an unfinished mail stays in its folder");
        }
        _ => {}
    }
}
