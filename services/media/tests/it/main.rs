//! The media service, started whole, with real Postgres and Kafka.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stands"
)]

mod accounts;
mod avatars;
mod claims;
mod exports;
mod formats;
mod forms;
mod grpc;
mod limits;
#[path = "../../../../crates/media-files/tests/made/mod.rs"]
mod made;
mod media;
#[path = "../../../../crates/media-files/tests/people/mod.rs"]
mod people;
mod posters;
mod removal;
mod serving;
mod slow;
mod tus;
mod uploads;
