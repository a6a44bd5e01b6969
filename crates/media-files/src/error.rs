//! What can be wrong with a file.

use std::io;
use std::time::Duration;

use crate::format::TAKEN;

/// Why a file is refused, or could not be worked on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are of no format that is taken, whatever the file is called.
    #[error("not a file that is taken: {TAKEN}")]
    Unsupported,
    /// There is not one byte.
    #[error("the file is empty")]
    Empty,
    /// The file ends before what it announces.
    #[error("the file ends too early")]
    Truncated,
    /// The file breaks the rules of its format; the text says which one.
    #[error("the file is damaged: {0}")]
    Malformed(&'static str),
    /// A picture, a frame or a video is too wide, too high, or both together.
    #[error("{width} × {height} pixels are too many")]
    TooManyPixels {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// An animation is too long.
    #[error("more than {0} frames")]
    TooManyFrames(u32),
    /// Sound or video is too long.
    #[error("longer than {} s", .0.as_secs())]
    TooLong(Duration),
    /// Sound or video of no length.
    #[error("the file plays for no time")]
    NoDuration,
    /// A video file in which there is nothing to see.
    #[error("the video has no picture")]
    NoPicture,
    /// The file consists of more parts than anything honest does.
    #[error("the file has too many parts")]
    TooIntricate,
    /// The file could not be read: nothing is said about the file itself.
    #[error("the file could not be read")]
    Read(#[source] io::Error),
    /// What was made of the file could not be written: nothing is said about the file itself.
    #[error("the file could not be written")]
    Write(#[source] io::Error),
}

impl Error {
    /// The stable name of what is wrong, for answers to clients.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported_media_type",
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::Malformed(_) => "malformed",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::TooManyFrames(_) => "too_many_frames",
            Self::TooLong(_) => "too_long",
            Self::NoDuration => "no_duration",
            Self::NoPicture => "no_picture",
            Self::TooIntricate => "too_intricate",
            Self::Read(_) | Self::Write(_) => "io",
        }
    }

    /// Whether the file is at fault, so that another try ends the same.
    #[must_use]
    pub const fn is_of_the_file(&self) -> bool {
        !matches!(self, Self::Read(_) | Self::Write(_))
    }
}
