//! SQL, and nothing else.

pub mod follows;
pub mod sessions;
pub mod users;
