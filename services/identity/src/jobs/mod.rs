//! What runs on a timer.

mod sweep_sessions;

pub(crate) use sweep_sessions::sweep_sessions;
