//! What can go wrong here, and what kind of failure each is.

use std::time::Duration;

use nova_event_bus::{BusError, OutboxError};
use nova_resilience::{Code, Fault, FieldError, Invalid};
use nova_service::cursor::InvalidCursor;
use nova_service::idempotency::IdempotencyError;
use nova_service::rate_limit::TooMany;

use crate::clients::StoreError;
use crate::domain::TooMuch;

/// Who asks for what is still being read comes back after this time.
const SOON: Duration = Duration::from_secs(1);

/// Why this service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request breaks rules.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The cursor is not one of this list.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// There is no such medium, or none that the one asking may see: which, is not told.
    #[error("there is no such medium")]
    NoSuchMedium,
    /// There is no such upload of the one asking.
    #[error("there is no such upload")]
    NoSuchUpload,
    /// There was such an upload, and it will not become whole.
    #[error("the upload has ended")]
    UploadEnded,
    /// The medium cannot be shown yet.
    #[error("the medium is still being read")]
    Processing,
    /// What is sent does not go on where what has come ends.
    #[error("the upload goes on at another byte")]
    WrongOffset,
    /// Somebody else is sending more of the same upload.
    #[error("somebody else is sending more of this upload")]
    Busy,
    /// What came is not what was sent.
    #[error("the checksum is another")]
    ChecksumMismatch,
    /// The bytes are of nothing that is taken.
    #[error("{0}")]
    Unsupported(String),
    /// The file is longer than files of its kind may be, or than was said.
    #[error("the file is longer than {0} bytes")]
    TooLarge(u64),
    /// More is sent of an upload than was said it would have.
    #[error("the upload was begun for {0} bytes")]
    Overlong(u64),
    /// There is no room for one more.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    /// Too many were begun in too little time.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The token is good, but whom it names is gone for good.
    #[error("the access token names no account")]
    UnknownCaller,
    /// The Idempotency-Key was used for something else, or cannot be looked up.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    /// An event holds what cannot be.
    #[error("the event's {0} cannot be read")]
    BadEvent(&'static str),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The files are not to be had.
    #[error("the files are not to be had")]
    Store(#[from] StoreError),
    /// It took longer than what it was made of is kept.
    #[error("it took too long")]
    TooLate,
    /// The event could not be written beside the change it tells of.
    #[error("the event could not be written")]
    Outbox(#[from] OutboxError),
    /// Media could not be written as JSON.
    #[error("media could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// Dead letters could not be deleted.
    #[error("dead letters could not be deleted")]
    Letters(#[from] BusError),
}

impl Error {
    /// What is wrong with the file itself.
    #[must_use]
    pub fn of_file(code: &'static str, message: impl Into<String>) -> Self {
        Invalid::from(FieldError::new("file", code, message)).into()
    }
}

impl From<nova_media_files::Error> for Error {
    fn from(error: nova_media_files::Error) -> Self {
        use nova_media_files::Error as Of;
        match error {
            Of::Unsupported => Self::Unsupported(error.to_string()),
            Of::Read(error) | Of::Write(error) => Self::Store(error.into()),
            other => Self::of_file(other.reason(), other.to_string()),
        }
    }
}

impl Fault for Error {
    fn code(&self) -> Code {
        match self {
            Self::Invalid(error) => error.code(),
            Self::Cursor(error) => error.code(),
            Self::NoSuchMedium | Self::NoSuchUpload | Self::UploadEnded => Code::NotFound,
            Self::Processing | Self::WrongOffset | Self::Busy => Code::Conflict,
            Self::ChecksumMismatch
            | Self::Unsupported(_)
            | Self::TooLarge(_)
            | Self::Overlong(_) => Code::Invalid,
            Self::TooMuch(error) => error.code(),
            Self::TooMany(error) => error.code(),
            Self::UnknownCaller => Code::Unauthenticated,
            Self::Idempotency(error) => error.code(),
            Self::BadEvent(_) => Code::Invalid,
            Self::Json(_) => Code::Internal,
            Self::TooLate => Code::Timeout,
            Self::Database(error) => nova_service::postgres::code(error),
            Self::Store(error) => error.code(),
            Self::Outbox(error) => error.code(),
            Self::Letters(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(error) => error.reason(),
            Self::Cursor(error) => error.reason(),
            Self::Idempotency(error) => error.reason(),
            Self::TooMuch(error) => error.reason(),
            Self::TooMany(error) => error.reason(),
            Self::UploadEnded => "upload_ended",
            Self::Processing => "media_processing",
            Self::WrongOffset => "wrong_offset",
            Self::Busy => "upload_busy",
            Self::ChecksumMismatch => "checksum_mismatch",
            Self::Unsupported(_) => "unsupported_media_type",
            Self::TooLarge(_) | Self::Overlong(_) => "payload_too_large",
            Self::UnknownCaller => "invalid_token",
            Self::BadEvent(_) => "bad_event",
            other => other.code().as_str(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(error) => error.fields(),
            Self::Cursor(error) => error.fields(),
            _ => &[],
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Processing => Some(SOON),
            Self::TooMany(error) => error.retry_after(),
            _ => None,
        }
    }
}
