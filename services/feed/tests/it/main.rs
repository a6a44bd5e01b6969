//! The feed service against real Kafka, Postgres and Redis.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]
#![allow(clippy::print_stdout, reason = "seeds are printed")]

mod cache;
mod cluster;
mod exports;
mod fan_out;
mod follows;
mod media;
mod order;
mod reader;
mod world;
