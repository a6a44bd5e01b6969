//! The event bus against real Kafka and Postgres.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails by panicking"
)]

mod aborted;
mod aside;
mod away;
mod batches;
mod breaker;
mod consume;
mod counters;
mod dead_letters;
mod door;
mod healing;
mod in_order;
mod lanes;
mod logs;
mod migrate;
mod outbox;
mod park;
mod past;
mod prefixes;
mod probe;
mod rebalance;
mod recorder;
mod regressions;
mod replays;
mod schemas;
mod self_limit;
mod turns;
