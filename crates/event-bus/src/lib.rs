#![doc = include_str!("../README.md")]

mod admin;
mod bus;
mod cause;
mod config;
mod consumer;
pub mod dead_letter;
mod direct;
mod error;
mod failure;
mod fingerprint;
mod inbox;
mod jitter;
mod kafka_log;
mod lag;
mod metrics;
mod middleware;
mod migrate;
mod offsets;
mod options;
mod outbox;
mod past;
mod polled;
mod probe;
mod producer;
mod record;
mod relay;
mod router;
#[cfg(test)]
mod simulation;
mod store;
mod tables;
mod trace;

pub use admin::{TopicDifference, check_topics, create_topics, topic_settings};
pub use bus::{Bus, Part, Run};
pub use cause::Cause;
pub use config::{GroupProtocol, KafkaConfig, KafkaConfigError, ProbeOptions};
pub use consumer::Consumer;
pub use consumer::standing::{PartitionStanding, Standings};
pub use dead_letter::{DeadLetter, list as list_dead_letters};
pub use direct::Direct;
pub use error::BusError;
pub use failure::Failure;
pub use lag::{Lag, lag};
pub use migrate::migrate;
pub use nova_event::{Event, EventInfo, Topic, events, prost};
pub use nova_ids::EventId;
pub use nova_resilience::{
    BreakerCounts, BreakerState, Code, Fault, Health, MetricsPrefixError, prefix_metrics,
};
pub use offsets::{Rewind, rewind, rewinds};
pub use options::{BreakerOptions, ConsumerOptions, FailureLimit, WhenOpen};
pub use outbox::{Outbox, OutboxError};
pub use past::{Past, Piece, Span};
pub use probe::Probe;
pub use producer::Producer;
pub use record::{Record, header};
pub use relay::Relay;
pub use relay::status::{OutboxStatus, outbox_status};
pub use router::{AtLeastOnce, Batch, BatchThen, Delivery, OnRecord, OnRecords, Once, Router};
pub use sqlx;
pub use tables::Tables;
pub use tokio_util::sync::CancellationToken;

/// The tables of this crate, for an empty database.
pub const SCHEMA: &str = concat!(
    include_str!("../schema/0001.sql"),
    include_str!("../schema/0002.sql")
);
