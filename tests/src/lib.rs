//! What the tests of the whole platform share: a running platform, users, what every answer must
//! look like, and ways to send what no client should.

#![allow(
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

use std::path::{Path, PathBuf};

use anyhow::Context as _;

pub mod again;
pub mod bus;
pub mod checks;
pub mod connection;
pub mod contract;
mod described;
pub mod keys;
pub mod media;
mod nova;
pub mod program;
pub mod raw_http;
pub mod raw_kafka;
mod user;

pub use nova::Nova;
pub use user::{User, id_of, unique};

/// `nova`, beside the folder that cargo puts tests in.
pub fn built_nova() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let built = own
        .parent()
        .and_then(Path::parent)
        .context("this test lies nowhere")?;
    Ok(built.join("nova"))
}
