//! Bytes that come, on their way into the store.

use aws_lc_rs::digest;
use bytes::Bytes;
use nova_ids::{MediaId, UserId};
use nova_media_files::{Format, Kind, Sniffer};
use nova_service::idempotency::{IdempotencyKey, Stored};
use uuid::Uuid;

use super::State;
use crate::clients::PieceWriter;
use crate::commands::{self, Received};
use crate::domain::{Draft, Piece, Purpose};
use crate::error::Error;
use crate::metrics;
use crate::store;

/// Takes the bytes of a file as they come: looks at its head, and writes them to the store in pieces.
pub(super) struct Receiver {
    state: State,
    folder: Uuid,
    /// Where the next byte stands in the file.
    at: u64,
    /// The most that the file may have.
    limit: u64,
    purpose: Purpose,
    head: Head,
    piece: Option<(String, PieceWriter)>,
    pieces: Vec<Piece>,
}

enum Head {
    Unknown(Box<Sniffer>),
    Known(Format),
}

impl Receiver {
    /// Goes on at this byte of a file, whose bytes before were looked at by this sniffer, or whose format is known.
    pub(super) fn new(
        state: State,
        folder: Uuid,
        at: u64,
        purpose: Purpose,
        known: Result<Format, Sniffer>,
    ) -> Self {
        let limits = state.reading.limits();
        let limit = match (&known, purpose) {
            (Ok(format), _) => limits.bytes(format.kind()),
            (Err(_), Purpose::Avatar) => limits.image_bytes,
            (Err(_), Purpose::Post) => {
                let limits = [limits.image_bytes, limits.audio_bytes, limits.video_bytes];
                limits.into_iter().max().unwrap_or_default()
            }
        };
        Self {
            folder,
            at,
            limit,
            purpose,
            head: match known {
                Ok(format) => Head::Known(format),
                Err(sniffer) => Head::Unknown(Box::new(sniffer)),
            },
            piece: None,
            pieces: Vec::new(),
            state,
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When the head shows that the file is nothing that is taken, when it is too long, and when the store fails.
    pub(super) async fn take(&mut self, mut bytes: Bytes) -> Result<(), Error> {
        self.look_at(&bytes)?;
        if self.at + bytes.len() as u64 > self.limit {
            return Err(Error::TooLarge(self.limit));
        }
        let most = self.state.files.piece_bytes();
        while !bytes.is_empty() {
            if self.piece.is_none() {
                let name = format!("{:012}-{}", self.at, Uuid::new_v4().simple());
                let writer = self.state.files.write(self.folder, &name).await?;
                self.piece = Some((name, writer));
            }
            let Some((_, writer)) = &mut self.piece else {
                continue;
            };
            let room = usize::try_from(most - writer.length()).unwrap_or(usize::MAX);
            let now = bytes.split_to(bytes.len().min(room));
            self.at += now.len() as u64;
            writer.append(now).await?;
            if writer.length() >= most {
                self.end_piece().await?;
            }
        }
        Ok(())
    }

    fn look_at(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Head::Unknown(sniffer) = &mut self.head else {
            return Ok(());
        };
        let found = sniffer.feed(bytes)?;
        let Some(format) = sniffer.format() else {
            return Ok(());
        };
        if self.purpose == Purpose::Avatar && format.kind() != Kind::Image {
            return Err(Error::Unsupported(
                "an avatar is a picture: JPEG, PNG, GIF or WebP".to_owned(),
            ));
        }
        self.limit = self.state.reading.limits().bytes(format.kind());
        if let Some(head) = found {
            self.head = Head::Known(head.format);
        }
        Ok(())
    }

    async fn end_piece(&mut self) -> Result<(), Error> {
        if let Some((name, writer)) = self.piece.take() {
            let length = writer.finish().await?;
            let start = self.at - length;
            self.pieces.push(Piece {
                start,
                length,
                name,
            });
        }
        Ok(())
    }

    /// Where the next byte stands in the file.
    #[must_use]
    pub(super) const fn at(&self) -> u64 {
        self.at
    }

    /// The most that the file may have, as far as its head has told.
    #[must_use]
    pub(super) const fn limit(&self) -> u64 {
        self.limit
    }

    /// The pieces that are whole and have not been asked for before.
    pub(super) fn whole_pieces(&mut self) -> Vec<Piece> {
        std::mem::take(&mut self.pieces)
    }

    /// What the head of the file shows, if it does by now.
    #[must_use]
    pub(super) const fn format(&self) -> Option<Format> {
        match &self.head {
            Head::Known(format) => Some(*format),
            Head::Unknown(_) => None,
        }
    }

    /// What is wrong with a file that ends here, if its head has not shown what it is.
    ///
    /// # Errors
    /// That.
    pub(super) fn ends_here(&self) -> Result<Format, Error> {
        match &self.head {
            Head::Known(format) => Ok(*format),
            Head::Unknown(sniffer) => Err(sniffer.ended().into()),
        }
    }

    /// Ends the piece that has been begun, and answers all that have not been asked for before.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn end_with_pieces(&mut self) -> Result<Vec<Piece>, Error> {
        self.end_piece().await?;
        Ok(self.whole_pieces())
    }
}

/// A file that comes in one request.
pub struct Transfer {
    id: MediaId,
    receiver: Receiver,
    digest: digest::Context,
    length: u64,
}

impl State {
    /// Begins to take a file.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_transfer(&self, owner: UserId, purpose: Purpose) -> Result<Transfer, Error> {
        let id = MediaId::new();
        let kept = Some(self.config.upload_ttl);
        let mut tx = self.begin().await?;
        store::folders::add(&mut tx, id.uuid(), owner, kept).await?;
        self.commit(tx).await?;
        let sniffer = Sniffer::new(self.config.limits.clone());
        Ok(Transfer {
            id,
            receiver: Receiver::new(self.clone(), id.uuid(), 0, purpose, Err(sniffer)),
            digest: digest::Context::new(&digest::SHA256),
            length: 0,
        })
    }

    /// Makes a medium of a file that has come whole, and answers it.
    ///
    /// # Errors
    /// As [`commands::create_medium`], and when the file ends before its head does.
    pub async fn end_transfer(
        &self,
        transfer: Transfer,
        owner: UserId,
        draft: Draft,
        key: &IdempotencyKey,
    ) -> Result<Stored, Error> {
        let (folder, length) = (transfer.id.uuid(), transfer.length);
        let ended = async {
            let mut receiver = transfer.receiver;
            let format = receiver.ends_here()?;
            let received = Received {
                id: transfer.id,
                mime_type: format.mime_type(),
                length: transfer.length,
                pieces: receiver.end_with_pieces().await?,
                sha256: transfer.digest.finish().as_ref().to_vec(),
            };
            let mut tx = self.begin().await?;
            let (outbox, allowance) = (&self.outbox, self.config.allowance);
            let answer =
                commands::create_medium(&mut tx, outbox, allowance, owner, draft, &received, key);
            let answer = answer.await?;
            self.commit(tx).await?;
            Ok(answer)
        };
        let answer = ended.await;
        match &answer {
            Ok(_) => {
                metrics::uploaded(length);
                self.to_read.notify_one();
            }
            Err(_) => self.give_up(folder).await,
        }
        answer
    }

    /// Lets go what has come of a file that is not wanted, or of which no more comes.
    pub async fn break_off(&self, transfer: Transfer) {
        let folder = transfer.id.uuid();
        drop(transfer);
        self.give_up(folder).await;
    }
}

impl Transfer {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// When the head shows that the file is nothing that is taken, when it is too long, and when the store fails.
    pub async fn take(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.digest.update(&bytes);
        self.length += bytes.len() as u64;
        self.receiver.take(bytes).await
    }
}
