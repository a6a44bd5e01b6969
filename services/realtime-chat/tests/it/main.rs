//! The realtime-chat service against real Kafka, Postgres and Redis: two nodes in one process, and messaging played by
//! the test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]
#![allow(clippy::print_stdout, reason = "seeds are printed")]

mod accounts;
mod bad_input;
mod faults;
mod fleeting;
mod grpc;
mod handshake;
mod limits;
mod live;
mod resume;
mod stage;
mod storms;
