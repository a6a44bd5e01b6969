//! What a home feed is made of: pure, so that reading it is enough to know it.

mod post;

pub use post::{Author, Item, Post, PostType, UnknownName, Visibility};
