#![doc = include_str!("../README.md")]

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
mod webp_sizes;

pub use error::Error;
pub use format::{Format, Kind};
pub use limits::Limits;
pub use picture::Picture;
pub use sniff::{Head, Sniffer, sniff};
pub use strip::{Facts, measure, strip};
pub use thumbnails::{Avatar, Thumbnail, Thumbnails};
