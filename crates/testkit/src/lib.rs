#![doc = include_str!("../README.md")]
#![allow(
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

mod app;
pub mod bench;
mod eventually;
mod http;
mod kafka;
mod mails;
mod proxy;
mod stack;
mod tokens;

pub use app::App;
pub use eventually::{Outcome, eventually, within};
pub use http::{Answer, Judge, Request};
pub use kafka::{Published, published};
pub use mails::Mail;
pub use proxy::Proxy;
pub use stack::Stack;
