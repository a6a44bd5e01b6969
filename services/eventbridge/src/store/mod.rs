//! Postgres and Redis, and nothing else.

pub mod windows;
