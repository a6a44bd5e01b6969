//! SQL, and nothing else.

pub mod follows;
pub mod mail_tokens;
pub mod sessions;
pub mod users;
