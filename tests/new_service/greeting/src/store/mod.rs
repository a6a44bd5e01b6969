//! SQL, and nothing else.

pub mod greetings;
