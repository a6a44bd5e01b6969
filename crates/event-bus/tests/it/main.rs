//! The event bus against real Kafka and Postgres.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails by panicking"
)]

mod consume;
mod dead_letters;
mod outbox;
mod park;
mod probe;
mod rebalance;
mod recorder;
