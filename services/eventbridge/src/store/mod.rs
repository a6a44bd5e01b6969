//! Postgres and Redis, and nothing else.

pub mod blocks;
pub mod generations;
pub mod losses;
pub mod members;
pub mod posts;
pub mod tickets;
pub mod windows;
