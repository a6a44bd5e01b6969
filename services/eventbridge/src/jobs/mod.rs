//! What runs beside requests and events.

mod canary;
mod look;
mod partitions;
mod receive;
mod redis;
mod refill;
mod rules;
mod streams;

pub(crate) use canary::{Cage, canary};
pub(crate) use look::look;
pub(crate) use partitions::partitions;
pub(crate) use receive::receive;
pub(crate) use redis::redis;
pub(crate) use refill::refill;
pub(crate) use rules::rules;
pub(crate) use streams::streams;
