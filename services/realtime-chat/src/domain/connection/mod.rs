//! A connection, from its greeting to its end: a type for each state, so that what may not happen in one cannot be written.
//!
//! `Greeting` waits for the first frame; `Resuming` gathers positions; `Live` is what all connections are in the end, until
//! there is a [`Close`].

mod backlog;
mod close;
mod greeting;
mod live;
mod pace;
mod timers;

pub use backlog::{Backlog, Fleeting, MOST_BYTES, MOST_FRAMES};
pub use close::Close;
pub use greeting::{Gathered, Greeted, Greeting, Resuming};
pub use live::{Live, Wish};
pub use pace::{Pace, Paced};
pub use timers::{Due, HEARTBEAT, Timers};
