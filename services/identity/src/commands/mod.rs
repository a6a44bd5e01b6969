//! What changes something: one use case, one file. Each is handed the transaction and leaves the commit
//! to its caller. Passwords are worked on before, by [`prepare_registration`], [`check_credentials`] and
//! [`prepare_password_change`]: that takes longer than a connection should be held.

mod begin_session;
mod change_password;
mod end_session;
mod follow;
mod login;
mod logout;
mod refresh;
mod register;
mod unfollow;
mod update_profile;

pub use change_password::{PreparedChange, change_password, prepare_password_change};
pub use end_session::end_session;
pub use follow::follow;
pub use login::{Proven, check_credentials, login};
pub use logout::logout;
pub use refresh::{Refreshed, refresh};
pub use register::{Prepared, prepare_registration, register};
pub use unfollow::unfollow;
pub use update_profile::update_profile;
