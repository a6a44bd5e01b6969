//! What changes something: one use case, one file. Each is handed the transaction and leaves the commit
//! to its caller.
//!
//! Whatever refuses has written nothing but rows of `media` that nobody sees: an event that is refused is answered in the
//! same transaction.

mod add_reaction;
mod delete_message;
mod depart;
mod edit_message;
mod entering;
mod export_messages;
mod forget_user;
mod greet_user;
mod mark;
mod mute_conversation;
mod open_conversation;
mod put_member;
mod record_account;
mod record_block;
mod record_export;
mod record_medium;
mod remove_member;
mod remove_reaction;
mod rename_conversation;
mod send_message;
mod tell_marks;

pub use add_reaction::add_reaction;
pub use delete_message::delete_message;
pub use depart::depart;
pub use edit_message::edit_message;
pub use export_messages::export_messages;
pub use forget_user::forget_user;
pub use greet_user::greet_user;
pub use mark::{mark_read, report_marks};
pub use mute_conversation::mute_conversation;
pub use open_conversation::{Opened, open_conversation};
pub use put_member::put_member;
pub use record_account::record_account;
pub use record_block::record_block;
pub use record_export::record_export;
pub use record_medium::record_medium;
pub use remove_member::remove_member;
pub use remove_reaction::remove_reaction;
pub use rename_conversation::rename_conversation;
pub use send_message::{Sent, send_message};
pub use tell_marks::tell_marks;
