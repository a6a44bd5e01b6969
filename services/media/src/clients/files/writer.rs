//! An object that is being written.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload};

use super::{StoreError, answered};

/// Handed to a folder at a time, and allocated for a bucket at a time.
const BLOCK: usize = 64 << 10;

/// Handed to a folder as it comes: to copy it would cost more than to write it by itself. Smaller ones are copied, as each may hold on
/// to the whole buffer that it was read into.
const LARGE: usize = 16 << 10;

/// Writes an object from what comes, however small the parts. Dropped before [`Self::finish`] there is none.
pub struct PieceWriter {
    block: BytesMut,
    length: u64,
    to: To,
}

enum To {
    /// Appended to a file that has no name yet.
    File(Box<dyn MultipartUpload>),
    /// Held until all has come.
    Object {
        store: Arc<dyn ObjectStore>,
        path: Path,
        blocks: Vec<Bytes>,
    },
}

impl PieceWriter {
    pub(super) fn streaming(upload: Box<dyn MultipartUpload>) -> Self {
        Self::to(To::File(upload))
    }

    pub(super) fn whole(store: Arc<dyn ObjectStore>, path: Path) -> Self {
        Self::to(To::Object {
            store,
            path,
            blocks: Vec::new(),
        })
    }

    fn to(to: To) -> Self {
        Self {
            block: BytesMut::new(),
            length: 0,
            to,
        }
    }

    /// How many bytes it has got until now.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Appends these.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn append(&mut self, mut bytes: Bytes) -> Result<(), StoreError> {
        self.length += bytes.len() as u64;
        if bytes.len() >= LARGE && matches!(self.to, To::File(_)) {
            if !self.block.is_empty() {
                self.hand_over().await?;
            }
            return self.hand(bytes).await;
        }
        while !bytes.is_empty() {
            self.block.reserve(BLOCK - self.block.len());
            let some = bytes.len().min(BLOCK - self.block.len());
            self.block.extend_from_slice(&bytes.split_to(some));
            if self.block.len() == BLOCK {
                self.hand_over().await?;
            }
        }
        Ok(())
    }

    async fn hand_over(&mut self) -> Result<(), StoreError> {
        let block = std::mem::take(&mut self.block).freeze();
        self.hand(block).await
    }

    async fn hand(&mut self, block: Bytes) -> Result<(), StoreError> {
        match &mut self.to {
            To::File(upload) => answered(upload.put_part(block.into())).await,
            To::Object { blocks, .. } => {
                blocks.push(block);
                Ok(())
            }
        }
    }

    /// Makes it an object that is there whole and for good.
    ///
    /// # Errors
    /// When the store fails; there is none then, or all of it.
    pub async fn finish(mut self) -> Result<u64, StoreError> {
        if !self.block.is_empty() {
            self.hand_over().await?;
        }
        match self.to {
            To::File(mut upload) => drop(answered(upload.complete()).await?),
            To::Object {
                store,
                path,
                blocks,
            } => {
                let payload: PutPayload = blocks.into_iter().collect();
                drop(answered(store.put(&path, payload)).await?);
            }
        }
        Ok(self.length)
    }
}
