//! What changes something: one use case, one file. Each is handed the transaction and leaves the commit
//! to its caller. Passwords are worked on before, by [`prepare_registration`], [`check_credentials`],
//! [`prepare_password_change`], [`prepare_password_reset`] and [`prepare_account_deletion`]: that takes longer than a connection should be held.

mod accept_follow_request;
mod accept_waiting;
mod begin_session;
mod block;
mod change_password;
mod delete_account;
mod end_session;
mod erase_account;
mod export_account;
mod follow;
mod forgot_password;
mod keep_export_part;
mod login;
mod logout;
mod must_be_there;
mod mute;
mod prepare_mail;
mod prove_password;
mod refresh;
mod refuse_follow_request;
mod register;
mod remove_follower;
mod reset_password;
mod unblock;
mod unfollow;
mod unmute;
mod update_profile;
mod verify_email;

pub use accept_follow_request::accept_follow_request;
pub use accept_waiting::{Waiting, accept_waiting};
pub use block::block;
pub use change_password::{PreparedChange, change_password, prepare_password_change};
pub use delete_account::{PreparedDeletion, delete_account, prepare_account_deletion};
pub use end_session::end_session;
pub use erase_account::erase_account;
pub use export_account::{Exported, export_account};
pub use follow::follow;
pub use forgot_password::forgot_password;
pub use keep_export_part::keep_export_part;
pub use login::{Proven, check_credentials, login};
pub use logout::logout;
pub use mute::mute;
pub use prepare_mail::prepare_mail;
pub use refresh::{Refreshed, refresh};
pub use refuse_follow_request::refuse_follow_request;
pub use register::{Prepared, prepare_registration, register};
pub use remove_follower::remove_follower;
pub use reset_password::{PreparedReset, prepare_password_reset, reset_password};
pub use unblock::unblock;
pub use unfollow::unfollow;
pub use unmute::unmute;
pub use update_profile::update_profile;
pub use verify_email::verify_email;
