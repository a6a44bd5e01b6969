//! What runs beside requests and events.

mod look;
mod receive;
mod refill;
mod rules;
mod streams;

pub(crate) use look::look;
pub(crate) use receive::receive;
pub(crate) use refill::refill;
pub(crate) use rules::rules;
pub(crate) use streams::streams;
