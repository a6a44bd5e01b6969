//! What changes something: one use case, one file. Each is handed the transaction and leaves the commit
//! to its caller. Passwords are worked on before, by [`prepare_registration`], [`check_credentials`] and
//! [`prepare_password_change`]: that takes longer than a connection should be held.

mod accept_follow_request;
mod accept_waiting;
mod begin_session;
mod block;
mod change_password;
mod end_session;
mod follow;
mod login;
mod logout;
mod mute;
mod refresh;
mod refuse_follow_request;
mod register;
mod remove_follower;
mod unblock;
mod unfollow;
mod unmute;
mod update_profile;

pub use accept_follow_request::accept_follow_request;
pub use accept_waiting::{Waiting, accept_waiting};
pub use block::block;
pub use change_password::{PreparedChange, change_password, prepare_password_change};
pub use end_session::end_session;
pub use follow::follow;
pub use login::{Proven, check_credentials, login};
pub use logout::logout;
pub use mute::mute;
pub use refresh::{Refreshed, refresh};
pub use refuse_follow_request::refuse_follow_request;
pub use register::{Prepared, prepare_registration, register};
pub use remove_follower::remove_follower;
pub use unblock::unblock;
pub use unfollow::unfollow;
pub use unmute::unmute;
pub use update_profile::update_profile;
