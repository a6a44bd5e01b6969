//! What was counted.

use std::time::Duration;

use super::Histogram;

/// What has come since it was asked before.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Frames with data, on all connections.
    pub deliveries: u64,
    /// Bytes, with those of HTTP.
    pub bytes: u64,
    /// Connections that have ended, through no doing of ours.
    pub lost: u64,
    /// Connections that were not answered with 200, and what the first of them was told.
    pub refused: u64,
    /// Why the first connection failed, if one has.
    pub why: Option<String>,
    /// From connecting to the first frame with data.
    pub first_frame: Histogram,
    /// From the time that a frame says to when it was here, of some connections.
    pub latency: Histogram,
    /// Processor time of the load's thread.
    pub cpu: Duration,
}
