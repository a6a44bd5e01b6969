#![doc = include_str!("../README.md")]

use include_dir::{Dir, include_dir};

pub mod commands;
pub mod config;
mod consumers;
pub mod domain;
pub mod error;
pub mod events;
pub mod http;
mod jobs;
mod metrics;
pub mod state;
pub mod store;

/// The service's name: of its database, its consumer group, its events' source and its lines on the health
/// page.
pub const NAME: &str = "eventbridge";

/// The tables of this service.
pub static MIGRATIONS: Dir = include_dir!("$CARGO_MANIFEST_DIR/migrations");
