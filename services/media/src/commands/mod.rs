//! What changes something: one use case, one file. Each is handed the transaction and leaves the commit
//! to its caller.

mod add_pieces;
mod begin_writing;
mod create_medium;
mod create_upload;
mod delete_medium;
mod end_upload;
mod export_media;
mod fail_reading;
mod finish_reading;
mod forget_user;
mod record_account;
mod record_export;
mod record_message;
mod record_post;
mod show_medium;
mod sweep_media;
mod sweep_uploads;

pub use add_pieces::{Addition, add_pieces};
pub use begin_writing::begin_writing;
pub use create_medium::{Received, create_medium};
pub use create_upload::create_upload;
pub use delete_medium::delete_medium;
pub use end_upload::end_upload;
pub use export_media::export_media;
pub use fail_reading::fail_reading;
pub use finish_reading::{Outcome, finish_reading};
pub use forget_user::forget_user;
pub use record_account::record_account;
pub use record_export::record_export;
pub use record_message::record_message;
pub use record_post::record_post;
pub use sweep_media::sweep_media;
pub use sweep_uploads::sweep_uploads;
