#![doc = include_str!("../README.md")]

pub mod catalogue;
mod time;

pub use time::timestamp;

/// Every file under `proto/`, compiled: for gRPC reflection and for tests of the schema.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/nova.fds"));

#[allow(
    missing_docs,
    clippy::allow_attributes_without_reason,
    clippy::doc_markdown,
    clippy::too_many_lines,
    reason = "generated from proto/, documented there"
)]
mod generated {
    pub mod content {
        pub mod v1 {
            tonic::include_proto!("nova.content.v1");
        }
    }
    pub mod identity {
        pub mod v1 {
            tonic::include_proto!("nova.identity.v1");
        }
    }
    pub mod feed {
        pub mod v1 {
            tonic::include_proto!("nova.feed.v1");
        }
    }
}
pub use generated::{content, feed, identity};
