//! Load on servers that are measured, from one thread: cheap enough that the machine stays theirs.

mod chunks;
mod connection;
mod crowd;
mod crowd_loop;
mod histogram;
mod scan;
mod tally;
mod target;
mod usage;

pub use crowd::{Crowd, Plan};
pub use histogram::Histogram;
pub use tally::Tally;
pub use target::Target;
pub use usage::{Usage, machine_busy};
