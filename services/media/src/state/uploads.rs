//! Files that come in pieces, each by itself and perhaps to another replica.

use std::time::Duration;

use aws_lc_rs::digest;
use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use nova_ids::{MediaId, UserId};
use nova_media_files::{Format, Sniffer};
use nova_resilience::Chain;
use time::OffsetDateTime;
use tokio::time::Instant;
use uuid::Uuid;

use super::State;
use super::receiving::Receiver;
use crate::commands::{self, Addition};
use crate::domain::{Draft, Piece, Upload};
use crate::error::Error;
use crate::{metrics, store};

/// Whoever sends more of an upload is the only one for so long, unless they say that they still are.
const LEASE: Duration = Duration::from_secs(15);

/// So often.
const RENEWED_EVERY: Duration = Duration::from_secs(5);

/// What the bytes of one request must come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    algorithm: &'static digest::Algorithm,
    expected: Vec<u8>,
}

impl Checksum {
    /// The algorithms that there are.
    pub const ALGORITHMS: &'static str = "sha1,sha256";

    /// That of an algorithm by its name.
    #[must_use]
    pub fn new(algorithm: &str, expected: Vec<u8>) -> Option<Self> {
        let algorithm = match algorithm {
            "sha1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => &digest::SHA256,
            _ => return None,
        };
        (expected.len() == algorithm.output_len()).then_some(Self {
            algorithm,
            expected,
        })
    }
}

/// One who sends more of an upload.
struct Writing {
    upload: Upload,
    writer: Uuid,
    receiver: Receiver,
    /// What has come and is not added yet begins here.
    start: u64,
    renewed: Instant,
}

impl State {
    /// Begins an upload.
    ///
    /// # Errors
    /// When it will be too long, when the owner has no room or is gone for good, and when the database fails.
    pub async fn create_upload(
        &self,
        owner: UserId,
        draft: Draft,
        metadata: String,
        length: u64,
    ) -> Result<Upload, Error> {
        let most = self.longest();
        if length > most {
            return Err(Error::TooLarge(most));
        }
        if length == 0 {
            return Err(nova_media_files::Error::Empty.into());
        }
        let upload = Upload {
            id: MediaId::new(),
            owner_id: owner,
            draft,
            metadata,
            length,
            received: 0,
            mime_type: None,
            expires_at: OffsetDateTime::now_utc() + self.config.upload_ttl,
            ended: false,
        };
        let mut tx = self.begin().await?;
        commands::create_upload(&mut tx, self.config.allowance, &upload).await?;
        self.commit(tx).await?;
        Ok(upload)
    }

    /// The most that any file may have.
    #[must_use]
    pub fn longest(&self) -> u64 {
        let limits = &self.config.limits;
        limits
            .video_bytes
            .max(limits.audio_bytes)
            .max(limits.image_bytes)
    }

    /// One's own upload. One that is whole is a medium, of which is told what there is to tell.
    ///
    /// # Errors
    /// When there is none, or it has ended, and when the database fails.
    pub async fn upload_of(&self, owner: UserId, id: MediaId) -> Result<Upload, Error> {
        let pool = &self.database.pool;
        match store::uploads::find(pool, owner, id).await? {
            Some(upload) if upload.ended => Err(Error::UploadEnded),
            Some(upload) => Ok(upload),
            None => {
                let whole = store::uploads::whole(pool, owner, id).await?;
                whole.ok_or(Error::NoSuchUpload)
            }
        }
    }

    /// Ends an upload, or deletes the medium that it has become.
    ///
    /// # Errors
    /// When there is none, or it has ended, and when the database fails.
    pub async fn end_upload(&self, owner: UserId, id: MediaId) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        match commands::end_upload(&mut tx, owner, id).await {
            Err(Error::NoSuchUpload) => {
                let deleted = commands::delete_medium(&mut tx, &self.outbox, owner, id).await;
                match deleted {
                    Err(Error::NoSuchMedium) => return Err(Error::NoSuchUpload),
                    other => other?,
                }
            }
            other => other?,
        }
        self.commit(tx).await
    }

    /// Takes more of an upload, from this byte on, and answers how many bytes there are then. What has come counts, also when it
    /// breaks off; with a checksum all of it does or nothing.
    ///
    /// # Errors
    /// When there is no such upload, or it has ended; when it goes on at another byte, or somebody else sends more of it; when its head
    /// shows that it is nothing that is taken, which ends it; when it is longer than was said; when the checksum is another; when the
    /// bytes break off, which is `broken`; and when database or store fail.
    pub async fn write_upload<E>(
        &self,
        owner: UserId,
        id: MediaId,
        start: u64,
        checksum: Option<Checksum>,
        bytes: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
        broken: &mut Option<E>,
    ) -> Result<u64, Error> {
        let writer = Uuid::new_v4();
        let mut tx = self.begin().await?;
        let begun = commands::begin_writing(&mut tx, owner, id, start, writer, LEASE).await;
        let upload = match begun {
            Ok(upload) => upload,
            Err(Error::NoSuchUpload) => {
                drop(tx);
                let upload = self.upload_of(owner, id).await?;
                return if upload.received == start {
                    Ok(start)
                } else {
                    Err(Error::WrongOffset)
                };
            }
            Err(error) => return Err(error),
        };
        self.commit(tx).await?;
        let length = upload.length;
        let written = Box::pin(self.write(upload, writer, checksum, bytes, broken)).await;
        match &written {
            Ok(received) => {
                if *received == length {
                    metrics::uploaded(length);
                }
                self.to_read.notify_one();
            }
            // What the head of a file shows ends its upload.
            Err(Error::Unsupported(_) | Error::Invalid(_) | Error::TooLarge(_)) => {
                self.end_upload(owner, id).await?;
                self.clear_up(owner, id.uuid()).await;
            }
            // It may have ended meanwhile, and its folder be gone, into which more was written then.
            Err(_) => self.clear_up(owner, id.uuid()).await,
        }
        let pool = &self.database.pool;
        if let Err(error) = store::uploads::release_writer(pool, id, writer).await {
            tracing::debug!(error = %Chain(&error), "others wait until the lease is over");
        }
        written
    }

    async fn write<E>(
        &self,
        upload: Upload,
        writer: Uuid,
        checksum: Option<Checksum>,
        mut bytes: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
        broken: &mut Option<E>,
    ) -> Result<u64, Error> {
        let known = self.head_of(&upload).await?;
        let (folder, at) = (upload.id.uuid(), upload.received);
        let receiver = Receiver::new(self.clone(), folder, at, upload.draft.purpose, known);
        let mut writing = Writing {
            start: upload.received,
            renewed: Instant::now(),
            upload,
            writer,
            receiver,
        };
        let mut digest = checksum
            .as_ref()
            .map(|sum| digest::Context::new(sum.algorithm));
        loop {
            let next = tokio::select! {
                next = bytes.next() => next,
                () = tokio::time::sleep_until(writing.renewed + RENEWED_EVERY) => {
                    self.renew(&mut writing).await?;
                    continue;
                }
            };
            let some = match next {
                None => break,
                Some(Ok(some)) => some,
                Some(Err(error)) => {
                    *broken = Some(error);
                    break;
                }
            };
            if writing.receiver.at() + some.len() as u64 > writing.upload.length {
                return Err(Error::Overlong(writing.upload.length));
            }
            if let Some(digest) = &mut digest {
                digest.update(&some);
            }
            writing.receiver.take(some).await?;
            if writing.upload.length > writing.receiver.limit() {
                return Err(Error::TooLarge(writing.receiver.limit()));
            }
            if checksum.is_none() {
                let whole = writing.receiver.whole_pieces();
                self.add(&mut writing, &whole).await?;
            }
        }
        if let (Some(sum), Some(digest)) = (checksum, digest)
            && (broken.is_some() || digest.finish().as_ref() != sum.expected)
        {
            return Err(Error::ChecksumMismatch);
        }
        if writing.receiver.at() == writing.upload.length {
            writing.receiver.ends_here()?;
        }
        let rest = writing.receiver.end_with_pieces().await?;
        self.add(&mut writing, &rest).await?;
        Ok(writing.start)
    }

    async fn renew(&self, writing: &mut Writing) -> Result<(), Error> {
        let (id, writer) = (writing.upload.id, writing.writer);
        let pool = &self.database.pool;
        if !store::uploads::renew_writer(pool, id, writer, LEASE).await? {
            return Err(Error::Busy);
        }
        writing.renewed = Instant::now();
        Ok(())
    }

    /// Adds pieces that lie in the store.
    async fn add(&self, writing: &mut Writing, pieces: &[Piece]) -> Result<(), Error> {
        if pieces.is_empty() {
            return Ok(());
        }
        let addition = Addition {
            writer: writing.writer,
            start: writing.start,
            pieces,
            mime_type: writing.receiver.format().map(Format::mime_type),
        };
        let mut tx = self.begin().await?;
        let received = commands::add_pieces(&mut tx, &writing.upload, addition).await?;
        self.commit(tx).await?;
        writing.start = received;
        Ok(())
    }

    /// The format of an upload, or a sniffer that has seen what has come of it.
    async fn head_of(&self, upload: &Upload) -> Result<Result<Format, Sniffer>, Error> {
        let known = upload.mime_type.as_deref();
        let named = |format: &Format| known == Some(format.mime_type());
        if let Some(format) = Format::ALL.into_iter().find(named) {
            return Ok(Ok(format));
        }
        let mut sniffer = Sniffer::new(self.config.limits.clone());
        for piece in store::uploads::pieces(&self.database.pool, upload.id).await? {
            let folder = upload.id.uuid();
            let mut bytes = self
                .files
                .read(folder, &piece.name, 0, piece.length)
                .await?;
            while let Some(bytes) = bytes.try_next().await? {
                if let Some(head) = sniffer.feed(&bytes)? {
                    return Ok(Ok(head.format));
                }
            }
        }
        Ok(Err(sniffer))
    }
}
