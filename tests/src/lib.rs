//! What the tests of the whole platform share: a running platform, users, what every answer must
//! look like, and ways to send what no client should.

#![allow(
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

pub mod bus;
pub mod checks;
pub mod contract;
mod described;
pub mod keys;
mod nova;
pub mod raw_http;
pub mod raw_kafka;
mod user;

pub use nova::Nova;
pub use user::{User, id_of, unique};

/// The seed of a random test: `NOVA_TEST_SEED` if given, so that a failure can be had again. It is
/// printed, which the test runner shows when the test fails.
#[must_use]
#[expect(clippy::print_stdout, reason = "the test runner shows it")]
pub fn seed() -> u64 {
    let seed = std::env::var("NOVA_TEST_SEED").ok();
    let seed = seed.and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(rand::random);
    println!("NOVA_TEST_SEED={seed}");
    seed
}
