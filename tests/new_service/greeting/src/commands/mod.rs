//! What changes something: one use case, one file. Each is handed the transaction and leaves the commit
//! to its caller.

mod greet;

pub use greet::greet;
