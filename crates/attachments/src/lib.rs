#![doc = include_str!("../README.md")]

mod attachment;
mod known;
mod links;
mod messages;

pub use attachment::{Attachment, MediaType, Medium, Pending, Thumbnails, shown_to_others};
pub use known::{MediumState, claim, save};
pub use links::Links;
pub use messages::BadAttachment;
