//! What runs beside requests and events.

mod streams;

pub(crate) use streams::streams;
