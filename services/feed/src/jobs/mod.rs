//! What runs on a timer, or when it is woken.

mod fan_out;
mod sweep;

pub(crate) use fan_out::fan_out;
pub(crate) use sweep::sweep;
