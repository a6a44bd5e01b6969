//! The rules: pure functions, tested without anything running.

mod account;
mod export;

pub use account::AccountState;
pub use export::ExportRequest;
