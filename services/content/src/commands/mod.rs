//! What changes something: one use case, one file. Each is handed the transaction and leaves the commit
//! to its caller.

mod create_post;
mod delete_post;
mod export_posts;
mod forget_user;
mod record_account;
mod record_block;
mod record_export;
mod record_follow;
mod record_medium;
mod update_post;

pub use create_post::create_post;
pub use delete_post::delete_post;
pub use export_posts::export_posts;
pub use forget_user::forget_user;
pub use record_account::record_account;
pub use record_block::record_block;
pub use record_export::record_export;
pub use record_follow::record_follow;
pub use record_medium::record_medium;
pub use update_post::update_post;
