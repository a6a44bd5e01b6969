//! What runs on a timer.

mod accept_waiting;
mod sweep_mail_tokens;
mod sweep_sessions;

pub(crate) use accept_waiting::accept_waiting;
pub(crate) use sweep_mail_tokens::sweep_mail_tokens;
pub(crate) use sweep_sessions::sweep_sessions;
