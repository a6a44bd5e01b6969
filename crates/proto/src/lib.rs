#![doc = include_str!("../README.md")]

pub mod catalogue;
pub mod routing;
mod time;

pub use time::timestamp;

/// Every file under `proto/`, compiled: for gRPC reflection and for tests of the schema.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/nova.fds"));

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    clippy::doc_markdown,
    clippy::too_many_lines,
    reason = "generated from proto/, documented there"
)]
mod generated {
    // A module for each package, as deep as its name.
    include!(concat!(env!("OUT_DIR"), "/nova.rs"));
}
pub use generated::nova::*;
