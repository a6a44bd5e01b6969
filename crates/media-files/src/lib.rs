//! What the bytes of media are: told from their head, stripped of what they tell about people, measured, made small.
//!
//! No service, no clock, no files of its own: whatever is read and written is handed in, every limit is in [`Limits`],
//! and whatever is wrong with a file is an [`Error`] that says what.

mod blurhash;
mod error;
mod format;
mod limits;
mod mpeg;
mod orientation;
mod picture;
mod plan;
mod sniff;
mod source;
mod strip;
mod thumbnails;

pub use error::Error;
pub use format::{Format, Kind};
pub use limits::Limits;
pub use picture::Picture;
pub use sniff::{Head, Sniffer, sniff};
pub use strip::{Facts, measure, strip};
pub use thumbnails::{Avatar, Thumbnail, Thumbnails};
