//! What runs beside requests and events.

mod losses;
mod receive;
mod refill;
mod rules;
mod streams;

pub(crate) use losses::losses;
pub(crate) use receive::receive;
pub(crate) use refill::refill;
pub(crate) use rules::rules;
pub(crate) use streams::streams;
