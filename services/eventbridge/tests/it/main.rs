//! The eventbridge service against real servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

mod canary;
mod grpc;
mod health;
mod pipeline;
mod reach;
mod restart;
mod rivals;
mod streams;
mod streams_access;
mod streams_stage;
mod visibility;
mod windows;
mod windows_cluster;
