//! The media service, started whole, with real Postgres and Kafka.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stands"
)]

mod accounts;
mod avatars;
mod claims;
mod exports;
mod forms;
mod grpc;
mod limits;
mod media;
mod removal;
mod serving;
mod slow;
mod tus;
mod uploads;
