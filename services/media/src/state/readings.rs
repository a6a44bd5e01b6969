//! Media that have come and are to be read.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::time::Duration;

use aws_lc_rs::digest;
use bytes::BytesMut;
use futures::TryStreamExt as _;
use nova_ids::{MediaId, UserId};
use nova_media_files::Kind;
use nova_resilience::Chain;
use uuid::Uuid;

use super::State;
use crate::clients::{Made, StoreError};
use crate::commands::{self, Outcome};
use crate::domain::{Blob, Medium, Purpose, Thumbnail};
use crate::error::Error;
use crate::metrics;
use crate::store::{self, media::Turn};

/// Whoever reads a medium has it for so long, and says several times in it that they still do.
const LEASE: Duration = Duration::from_secs(30);

/// So often.
const RENEWED_EVERY: Duration = Duration::from_secs(10);

/// After a failure that is not the file's fault.
const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// What was made is kept for so long until it is somebody's: nobody reads a file for longer.
const MADE_WITHIN: Duration = Duration::from_secs(3_600);

/// A file with which the process has ended so often is not read again.
const MOST_ATTEMPTS: i32 = 5;

/// Written to the store at a time.
const BLOCK: usize = 256 << 10;

/// A file that cannot be read, or one that could not be read now.
enum Unread {
    Wrong(nova_media_files::Error),
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Unread {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl State {
    /// Reads the medium that has waited longest. False when there is none.
    ///
    /// # Errors
    /// When the database or the store fails: it is read again then.
    pub async fn read_next(&self) -> Result<bool, Error> {
        let Some((turn, sha256)) = store::media::take_turn(&self.database.pool, LEASE).await?
        else {
            return Ok(false);
        };
        let read = tokio::select! {
            read = Box::pin(self.read(turn, sha256)) => read,
            lost = self.keep(turn) => lost,
        };
        match read {
            Ok(()) => Ok(true),
            Err(Unread::Wrong(error)) => {
                tracing::info!(medium = %turn.id, reason = error.reason(), "a medium cannot be shown");
                self.fail(turn, error.reason()).await?;
                metrics::read("unknown", false);
                Ok(true)
            }
            Err(Unread::Failed(error)) => {
                let pool = &self.database.pool;
                if let Err(other) = store::media::give_back(pool, turn, TRIED_AGAIN_AFTER).await {
                    tracing::debug!(error = %Chain(&other), "a medium is read again a little later");
                }
                Err(error)
            }
        }
    }

    /// Says again and again that the medium is being read. Ends when it is somebody else's.
    async fn keep(&self, turn: Turn) -> Result<(), Unread> {
        loop {
            tokio::time::sleep(RENEWED_EVERY).await;
            let renewed = store::media::renew_turn(&self.database.pool, turn, LEASE).await;
            // A failure is another's to notice: the lease outlives two of them.
            if renewed.is_ok_and(|renewed| !renewed) {
                return Ok(());
            }
        }
    }

    async fn read(&self, turn: Turn, sha256: Option<Vec<u8>>) -> Result<(), Unread> {
        if turn.attempt > MOST_ATTEMPTS {
            let message = "it cannot be read";
            return Err(Unread::Wrong(nova_media_files::Error::Malformed(message)));
        }
        let medium = {
            let mut connection = self.database.pool.acquire().await?;
            store::media::of_turn(&mut connection, turn).await?
        };
        let Some(medium) = medium else {
            return Ok(());
        };
        let (file, sha256) = self.gather(turn.id, sha256).await?;
        if self.finish(turn, &sha256, None).await? != Outcome::Unmade {
            return Ok(());
        }
        let square = medium.purpose == Purpose::Avatar;
        let made = match self.reading.read(file, square).await {
            Ok(made) => made,
            Err(error) if error.is_of_the_file() => return Err(Unread::Wrong(error)),
            Err(error) => return Err(Unread::Failed(error.into())),
        };
        let kind = made.format.kind();
        let folder = self.new_folder(medium.owner_id).await?;
        let blob = match self.store(folder, &medium, made).await {
            Ok(blob) => blob,
            Err(error) => {
                // It is read again soon, on a disk that may be full: what was written must not wait for its time to be over.
                self.give_up(folder).await;
                return Err(error.into());
            }
        };
        self.finish(turn, &sha256, Some(blob)).await?;
        metrics::read(name_of(kind), true);
        Ok(())
    }

    async fn finish(
        &self,
        turn: Turn,
        sha256: &[u8],
        made: Option<Blob>,
    ) -> Result<Outcome, Error> {
        let mut tx = self.begin().await?;
        let outcome = commands::finish_reading(&mut tx, &self.outbox, turn, sha256, made).await?;
        self.commit(tx).await?;
        Ok(outcome)
    }

    async fn fail(&self, turn: Turn, reason: &str) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        commands::fail_reading(&mut tx, &self.outbox, turn, reason).await?;
        self.commit(tx).await
    }

    /// The pieces as one file, and the SHA-256 of it.
    async fn gather(&self, id: MediaId, sha256: Option<Vec<u8>>) -> Result<(File, Vec<u8>), Error> {
        let pieces = store::uploads::pieces(&self.database.pool, id).await?;
        let files = &self.files;
        if let ([piece], Some(sha256)) = (pieces.as_slice(), &sha256)
            && let Some(file) = files.file(id.uuid(), &piece.name).await?
        {
            return Ok((file, sha256.clone()));
        }
        let mut spool = self.scratch.spool().map_err(StoreError::from)?;
        let mut digest = digest::Context::new(&digest::SHA256);
        for piece in pieces {
            let mut bytes = files.read(id.uuid(), &piece.name, 0, piece.length).await?;
            while let Some(bytes) = bytes.try_next().await? {
                if sha256.is_none() {
                    digest.update(&bytes);
                }
                spool.append(bytes).await.map_err(StoreError::from)?;
            }
        }
        let file = spool.finish().map_err(StoreError::from)?;
        let sha256 = sha256.unwrap_or_else(|| digest.finish().as_ref().to_vec());
        Ok((file, sha256))
    }

    /// Writes what was made into a new folder of the store.
    async fn store(&self, folder: Uuid, medium: &Medium, made: Made) -> Result<Blob, Error> {
        let mut file = made.file;
        let avatar = medium.purpose == Purpose::Avatar;
        // Of an avatar nobody is shown the original.
        if !avatar {
            self.store_file(folder, &mut file, made.facts.bytes).await?;
        }
        let mut thumbnails = Vec::new();
        for (name, thumbnail) in made.thumbnails {
            let bytes = thumbnail.webp.len() as u64;
            self.files.put(folder, name, thumbnail.webp.into()).await?;
            thumbnails.push(Thumbnail {
                name: name.to_owned(),
                width: thumbnail.width,
                height: thumbnail.height,
                bytes,
            });
        }
        let worn = thumbnails.last().filter(|_| avatar);
        let size = made.facts.size;
        let seconds = |duration: Duration| duration.as_secs_f64().ceil() as u32;
        Ok(Blob {
            id: folder,
            mime_type: worn
                .map_or(made.format.mime_type(), |_| "image/webp")
                .to_owned(),
            size_bytes: worn.map_or(made.facts.bytes, |worn| worn.bytes),
            piece_bytes: self.files.piece_bytes(),
            width: worn.map_or(size.map(|size| size.0), |worn| Some(worn.width)),
            height: worn.map_or(size.map(|size| size.1), |worn| Some(worn.height)),
            duration_seconds: made.facts.duration.map(seconds),
            blurhash: made.blurhash,
            thumbnails,
        })
    }

    async fn new_folder(&self, owner: UserId) -> Result<Uuid, Error> {
        let folder = Uuid::now_v7();
        let mut tx = self.begin().await?;
        store::folders::add(&mut tx, folder, owner, Some(MADE_WITHIN)).await?;
        self.commit(tx).await?;
        Ok(folder)
    }

    async fn store_file(&self, folder: Uuid, file: &mut File, bytes: u64) -> Result<(), Error> {
        file.rewind().map_err(StoreError::from)?;
        let most = self.files.piece_bytes();
        let mut start = 0;
        while start < bytes {
            let length = most.min(bytes - start);
            let mut writer = self.files.write(folder, &piece_name(start / most)).await?;
            while writer.length() < length {
                let some = usize::try_from(length - writer.length())
                    .unwrap_or(BLOCK)
                    .min(BLOCK);
                let mut part = BytesMut::zeroed(some);
                // A few hundred kilobytes that were just written: they are in memory.
                file.read_exact(&mut part).map_err(StoreError::from)?;
                writer.append(part.freeze()).await?;
            }
            start += writer.finish().await?;
        }
        Ok(())
    }
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Image => "image",
        Kind::Video => "video",
        Kind::Audio => "audio",
    }
}

/// What the object is called that has this part of a file.
pub(super) fn piece_name(number: u64) -> String {
    format!("file-{number:04}")
}
