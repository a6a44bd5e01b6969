//! The rules: pure functions, tested without anything running.

mod account;
mod allowance;
mod draft;
mod export;
mod medium;
mod message;
mod post;
mod upload;

pub use account::AccountState;
pub use allowance::{Allowance, TooMuch, Use};
pub use draft::{ALT_MAX, Draft, Purpose, UnknownName};
pub use export::{ExportRequest, pack};
pub use medium::{
    Blob, Kind, MediaState, Medium, Shown, Thumbnail, ThumbnailLinks, content_path, kind_of,
    thumbnail_path,
};
pub use message::MessageState;
pub use post::PostState;
pub use upload::{Piece, Upload};
