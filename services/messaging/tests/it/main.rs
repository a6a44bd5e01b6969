//! The messaging service, started whole, with real Postgres and Kafka.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stands"
)]

mod accounts;
mod blocks;
mod conversations;
mod exports;
mod grpc;
mod marks;
mod media;
mod messages;
mod messaging;
mod once;
mod order;
mod paging;
mod reactions;
mod roles;
mod search;
mod sockets;
mod validation;
