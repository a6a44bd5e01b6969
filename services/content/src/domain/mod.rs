//! The rules of posts: pure, so that reading them is enough to know them.

mod account;
mod draft;
mod follow;
mod post;

pub use account::AccountState;
pub use draft::{Draft, Edit};
pub use follow::{Block, Follow};
pub use post::{Deleted, NotTheAuthor, Post, PostType, UnknownName, Visibility};
