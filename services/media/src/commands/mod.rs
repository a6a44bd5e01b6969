//! What changes something: one use case, one file. Each is handed the transaction and leaves the commit
//! to its caller.

mod export_media;
mod forget_user;
mod record_account;

pub use export_media::export_media;
pub use forget_user::forget_user;
pub use record_account::record_account;
