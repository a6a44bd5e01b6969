//! HTTP: translate, call one command or query, map the answer.

mod parameters;

pub use parameters::{EventsQuery, Wanted};
