//! SQL, and nothing else.

pub mod avatars;
pub mod aversions;
pub mod exports;
pub mod follow_requests;
pub mod follows;
pub mod leaving;
pub mod lists;
pub mod mail_tokens;
pub mod pairs;
pub mod sessions;
mod sql;
pub mod usernames;
pub mod users;
