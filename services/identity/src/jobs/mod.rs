//! What runs on a timer.

mod accept_waiting;
mod erase_accounts;
mod sweep;

pub(crate) use accept_waiting::accept_waiting;
pub(crate) use erase_accounts::erase_accounts;
pub(crate) use sweep::sweep;
