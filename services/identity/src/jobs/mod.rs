//! What runs on a timer.

mod accept_waiting;
mod erase_accounts;
mod sweep_exports;
mod sweep_mail_tokens;
mod sweep_sessions;

pub(crate) use accept_waiting::accept_waiting;
pub(crate) use erase_accounts::erase_accounts;
pub(crate) use sweep_exports::sweep_exports;
pub(crate) use sweep_mail_tokens::sweep_mail_tokens;
pub(crate) use sweep_sessions::sweep_sessions;
