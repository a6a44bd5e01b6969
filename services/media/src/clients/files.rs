//! The store of files: a folder, or a bucket of S3.
//!
//! What belongs together lies in a folder that is named by an id, and is removed as a whole. Files longer than
//! [`FileStore::piece_bytes`] lie in several objects, each written in one go: nothing has to be put together there, and nothing of a
//! transfer that breaks off stays.

mod place;
mod writer;

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use nova_resilience::{Code, Fault};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    ClientOptions, GetOptions, GetRange, GetResultPayload, ObjectStore, ObjectStoreExt as _,
    RetryConfig,
};
use tokio::time::timeout;
use uuid::Uuid;

pub use place::Place;
pub use writer::PieceWriter;

/// How long the store may take to answer, or to go on answering.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a failed request is tried again. Whoever waits for it has 15 s.
const RETRIES: Duration = Duration::from_secs(5);

/// Read from a file at a time.
const BLOCK: u64 = 256 << 10;

/// A piece in a bucket is held in memory until it is whole.
const PIECE_OF_BUCKET: u64 = 5 << 20;

/// A piece in a folder is written as it comes.
const PIECE_OF_FOLDER: u64 = 16 << 20;

/// Bytes of a file, in order.
pub type Stream = BoxStream<'static, Result<Bytes, StoreError>>;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It failed, or has not what should be there.
    #[error("the store of files failed")]
    Failed(#[from] object_store::Error),
    /// It does not answer.
    #[error("the store of files does not answer")]
    Silent,
    /// A file of its folder cannot be read.
    #[error("a file of the store cannot be read")]
    Unreadable(#[from] std::io::Error),
    /// It cannot be set up like this.
    #[error("the store of files cannot be used like this: {0}")]
    Setup(&'static str),
}

impl Fault for StoreError {
    fn code(&self) -> Code {
        match self {
            Self::Silent => Code::Timeout,
            Self::Failed(_) | Self::Unreadable(_) => Code::Unavailable,
            Self::Setup(_) => Code::Internal,
        }
    }
}

/// The store. Clones are the same one.
#[derive(Debug, Clone)]
pub struct FileStore {
    inner: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Where the files are, if it is a folder.
    folder: Option<PathBuf>,
}

impl FileStore {
    /// Opens it; a folder is made. Of a bucket nothing is asked yet.
    ///
    /// # Errors
    /// When the folder cannot be made, or the bucket cannot be reached like this.
    pub fn open(place: &Place) -> Result<Self, StoreError> {
        match place {
            Place::Folder(folder) => {
                std::fs::create_dir_all(folder)?;
                let folder = folder.canonicalize()?;
                let inner = LocalFileSystem::new_with_prefix(&folder)?.with_fsync(true);
                Ok(Self {
                    inner: Arc::new(inner),
                    prefix: Path::default(),
                    folder: Some(folder),
                })
            }
            Place::Bucket(bucket) => {
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(&bucket.name)
                    .with_region(&bucket.region)
                    .with_retry(RetryConfig {
                        max_retries: 3,
                        retry_timeout: RETRIES,
                        ..RetryConfig::default()
                    })
                    .with_client_options(
                        ClientOptions::new()
                            .with_allow_http(true)
                            .with_timeout_disabled()
                            .with_connect_timeout(PATIENCE)
                            .with_read_timeout(PATIENCE),
                    );
                if let Some(endpoint) = &bucket.endpoint {
                    builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
                }
                if let (Some(key), Some(secret)) = (&bucket.access_key, &bucket.secret_key) {
                    builder = builder
                        .with_access_key_id(key)
                        .with_secret_access_key(secret.expose());
                }
                Ok(Self {
                    inner: Arc::new(builder.build()?),
                    prefix: Path::from(bucket.prefix.as_str()),
                    folder: None,
                })
            }
        }
    }

    /// The longest that an object here is.
    #[must_use]
    pub const fn piece_bytes(&self) -> u64 {
        match self.folder {
            Some(_) => PIECE_OF_FOLDER,
            None => PIECE_OF_BUCKET,
        }
    }

    /// Writes a new object, whole or not at all. What stands there already is replaced.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn write(&self, folder: Uuid, name: &str) -> Result<PieceWriter, StoreError> {
        let path = self.path(folder, name);
        match self.folder {
            Some(_) => {
                let upload = answered(self.inner.put_multipart(&path)).await?;
                Ok(PieceWriter::streaming(upload))
            }
            None => Ok(PieceWriter::whole(Arc::clone(&self.inner), path)),
        }
    }

    /// Writes a new object that is short, as [`Self::write`] writes it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put(&self, folder: Uuid, name: &str, bytes: Bytes) -> Result<(), StoreError> {
        let path = self.path(folder, name);
        answered(self.inner.put(&path, bytes.into()))
            .await
            .map(drop)
    }

    /// An object as a file of this machine, if it is one.
    ///
    /// # Errors
    /// When the store fails, or has no such object.
    pub async fn file(&self, folder: Uuid, name: &str) -> Result<Option<File>, StoreError> {
        if self.folder.is_none() {
            return Ok(None);
        }
        let path = self.path(folder, name);
        let found = answered(self.inner.get_opts(&path, GetOptions::default())).await?;
        Ok(match found.payload {
            GetResultPayload::File(file, _) => Some(file),
            GetResultPayload::Stream(_) => None,
        })
    }

    /// Reads so many bytes of an object from there on.
    ///
    /// # Errors
    /// When the store fails, or has no such object, or a shorter one.
    pub async fn read(
        &self,
        folder: Uuid,
        name: &str,
        start: u64,
        length: u64,
    ) -> Result<Stream, StoreError> {
        if length == 0 {
            return Ok(futures::stream::empty().boxed());
        }
        let options = GetOptions {
            range: Some(GetRange::Bounded(start..start.saturating_add(length))),
            ..GetOptions::default()
        };
        let path = self.path(folder, name);
        let found = answered(self.inner.get_opts(&path, options)).await?;
        if found.range != (start..start + length) {
            return Err(StoreError::Setup("an object is shorter than it was"));
        }
        match found.payload {
            GetResultPayload::File(file, _) => Ok(read_file(file, start, length)),
            GetResultPayload::Stream(stream) => Ok(futures::stream::try_unfold(
                stream,
                async |mut stream: BoxStream<'static, object_store::Result<Bytes>>| {
                    let next = timeout(PATIENCE, stream.next()).await;
                    let next = next.map_err(|_| StoreError::Silent)?.transpose()?;
                    Ok(next.map(|bytes| (bytes, stream)))
                },
            )
            .boxed()),
        }
    }

    /// Removes a folder with all that is in it, also what was left half written. There need not be one.
    ///
    /// # Errors
    /// When the store fails; something may be left then.
    pub async fn remove(&self, folder: Uuid) -> Result<(), StoreError> {
        if let Some(root) = &self.folder {
            let removed = tokio::fs::remove_dir_all(root.join(folder.to_string())).await;
            return match removed {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            };
        }
        let prefix = self.prefix.clone().join(folder.to_string());
        let listed = self.inner.list(Some(&prefix));
        let paths = listed.map_ok(|object| object.location).boxed();
        let mut removed = self.inner.delete_stream(paths);
        loop {
            let next = timeout(PATIENCE, removed.next()).await;
            match next.map_err(|_| StoreError::Silent)? {
                None => return Ok(()),
                Some(Ok(_) | Err(object_store::Error::NotFound { .. })) => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }

    /// Looks whether the store answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn look(&self) -> Result<(), StoreError> {
        if let Some(root) = &self.folder {
            drop(tokio::fs::read_dir(root).await?);
            return Ok(());
        }
        match answered(self.inner.head(&self.prefix.clone().join("health"))).await {
            Ok(_) | Err(StoreError::Failed(object_store::Error::NotFound { .. })) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The folders that there are, for who compares them with the rows.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn folders(&self) -> Result<Vec<Uuid>, StoreError> {
        let listed = answered(self.inner.list_with_delimiter(Some(&self.prefix))).await?;
        let names = listed.common_prefixes.iter().filter_map(Path::filename);
        Ok(names.filter_map(|name| name.parse().ok()).collect())
    }

    fn path(&self, folder: Uuid, name: &str) -> Path {
        self.prefix.clone().join(folder.to_string()).join(name)
    }
}

/// One turn of a thread that may wait for the disk per block.
fn read_file(file: File, start: u64, length: u64) -> Stream {
    futures::stream::try_unfold((file, start, length), async |(file, at, left)| {
        if left == 0 {
            return Ok(None);
        }
        let most = left.min(BLOCK);
        let read = tokio::task::spawn_blocking(move || read_block(file, at, most));
        let (file, bytes) = read.await.map_err(std::io::Error::other)??;
        let read = bytes.len() as u64;
        Ok(Some((bytes, (file, at + read, left - read))))
    })
    .boxed()
}

fn read_block(mut file: File, at: u64, most: u64) -> std::io::Result<(File, Bytes)> {
    file.seek(SeekFrom::Start(at))?;
    let mut block = Vec::with_capacity(usize::try_from(most).unwrap_or_default());
    if (&mut file).take(most).read_to_end(&mut block)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok((file, block.into()))
}

/// What the store answers, unless it says nothing.
async fn answered<T>(
    answer: impl Future<Output = object_store::Result<T>>,
) -> Result<T, StoreError> {
    match timeout(PATIENCE, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(StoreError::Silent),
    }
}
