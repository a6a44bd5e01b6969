#![doc = include_str!("../README.md")]

mod attachment;
mod links;
mod messages;

pub use attachment::{Attachment, MediaType, Medium, Pending, Thumbnails, shown_to_others};
pub use links::Links;
pub use messages::BadAttachment;
