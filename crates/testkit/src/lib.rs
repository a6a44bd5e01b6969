#![doc = include_str!("../README.md")]
#![allow(
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

mod app;
pub mod bench;
mod collector;
mod eventually;
mod http;
mod kafka;
mod mails;
pub mod process;
mod proxy;
pub mod socket;
mod stack;
mod tokens;

pub use app::App;
pub use collector::{CollectedSpan, Collector};
pub use eventually::{Outcome, eventually, within};
pub use http::{Answer, Judge, Request};
pub use kafka::{Published, follow, follow_all, headers_of, published};
pub use mails::Mail;
pub use proxy::Proxy;
pub use socket::WebSocket;
pub use stack::Stack;

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
