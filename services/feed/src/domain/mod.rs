//! What a home feed is made of: pure, so that reading it is enough to know it.

mod account;
mod fan_out;
mod merge;
mod post;

pub use account::AccountState;
pub use fan_out::{Change, Kind};
pub use merge::Merge;
pub use post::{Author, Item, Post, PostType, UnknownName, Visibility};
