//! What changes something: one use case, one file. Those that record an event are handed its transaction and leave
//! the commit to its caller; `mend_timeline` and `fan_out` bring timelines and readers up to date once that has
//! committed, and may run again.

mod export_reading;
mod fan_out;
mod forget_user;
mod mend_timeline;
mod record_account;
mod record_author;
mod record_block;
mod record_follow;
mod record_mute;
mod record_post;
mod remove_post;

pub use export_reading::export_reading;
pub use fan_out::fan_out;
pub use forget_user::forget_user;
pub use mend_timeline::mend_timeline;
pub use record_account::record_account;
pub use record_author::record_author;
pub use record_block::record_block;
pub use record_follow::record_follow;
pub use record_mute::record_mute;
pub use record_post::record_post;
pub use remove_post::remove_post;
