//! Postgres and Redis, and nothing else.

pub mod accounts;
pub mod blocks;
pub mod erasures;
pub mod generations;
pub mod losses;
pub mod members;
pub mod posts;
pub mod readable;
pub mod tickets;
pub mod windows;
