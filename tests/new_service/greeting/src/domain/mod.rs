//! The rules of greetings: pure, so that reading them is enough to know them.

mod greeting;

pub use greeting::Greeting;
