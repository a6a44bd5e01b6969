//! The rules of posts: pure, so that reading them is enough to know them.

mod account;
mod draft;
mod export;
mod follow;
mod kind;
mod post;

pub use account::AccountState;
pub use draft::{Draft, Edit};
pub use export::{ExportRequest, pack};
pub use follow::{Block, Follow};
pub use kind::{PostType, UnknownName, Visibility};
pub use post::{Deleted, EditRefused, NotTheAuthor, Post};
