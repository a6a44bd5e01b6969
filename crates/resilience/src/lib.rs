#![doc = include_str!("../README.md")]

mod backoff;
mod chain;
mod code;
mod health;
mod invalid;

pub use backoff::{Backoff, BackoffError};
pub use chain::Chain;
pub use code::{Code, Fault, FieldError};
pub use health::{Condition, Health};
pub use invalid::Invalid;
