//! What changes something: one use case, one file. Those that record an event are handed its transaction and leave the
//! commit to its caller; the `tell_…` bring what has committed to the nodes that hold those whom it concerns, and may
//! run again.

mod forget_user;
mod record_account;
mod record_block;
mod record_change;
mod record_mark;
mod record_rejection;
mod report_marks;
mod resume;
mod show_typing;
mod submit_message;
mod tell;
mod watch_presence;

pub use forget_user::forget_user;
pub use record_account::record_account;
pub use record_block::record_block;
pub use record_change::{record_change, record_changes};
pub use record_mark::record_mark;
pub use record_rejection::record_rejection;
pub use report_marks::report_marks;
pub use resume::{Page, gaps_in, pages, plan_resume};
pub use show_typing::show_typing;
pub use submit_message::submit_message;
pub use tell::{tell_block, tell_changes, tell_gone, tell_mark, tell_rejection};
pub use watch_presence::watch_presence;
