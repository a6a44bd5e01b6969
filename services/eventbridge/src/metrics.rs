//! Every metric of eventbridge, beside the bus's own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use serde::Serialize;
use utoipa::ToSchema;

const CONSUMED: &str = "nova_eventbridge_consumed_total";
const PUBLISHED: &str = "nova_eventbridge_published_total";
const FILTERED: &str = "nova_eventbridge_filtered_total";
const DROPPED: &str = "nova_eventbridge_dropped_total";
const REDIS: &str = "nova_eventbridge_redis_seconds";
const TRANSFORM: &str = "nova_eventbridge_transform_seconds";
const CANARY: &str = "nova_eventbridge_canary_seconds";
const FAILURE_RATE: &str = "nova_eventbridge_failure_rate";
const RECOVERY: &str = "nova_eventbridge_recovery_seconds";
const CONNECTIONS: &str = "nova_sse_connections";
const SLOW: &str = "nova_sse_slow_total";
const GAPS: &str = "nova_sse_gaps_total";
const RESUMED: &str = "nova_sse_resumed_total";

/// Says what each metric is.
pub(crate) fn describe() {
    describe_counter!(CONSUMED, "events that were read from Kafka");
    describe_counter!(PUBLISHED, "events that were put on at least one channel");
    describe_counter!(FILTERED, "events that reach nobody, by why");
    describe_counter!(DROPPED, "events that were let go while a breaker was open");
    describe_histogram!(REDIS, "how long Redis took for a batch of events");
    describe_histogram!(
        TRANSFORM,
        "how long it took to make a batch of events ready"
    );
    describe_histogram!(
        CANARY,
        "how long what this node sends itself took, through Kafka and Redis"
    );
    describe_gauge!(
        FAILURE_RATE,
        "the share of tries that failed, of those that a partition's breaker looks back on"
    );
    describe_histogram!(
        RECOVERY,
        "how long breakers were not closed, from when they opened until tries worked again"
    );
    describe_gauge!(CONNECTIONS, "streams of this node that are open");
    describe_counter!(SLOW, "streams that were too slow, by their policy");
    describe_counter!(GAPS, "gaps that streams were told of, by why");
    describe_counter!(
        RESUMED,
        "streams that went on where they were, without a gap"
    );
}

/// Events since this process began: as the counters, which nobody can read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EventbridgeTotals)]
pub struct Totals {
    /// Read from Kafka.
    pub events_consumed: u64,
    /// Put on at least one channel.
    pub events_published: u64,
    /// For nobody.
    pub events_filtered: u64,
    /// Let go while a breaker was open.
    pub events_dropped: u64,
}

/// A counter, and what it has counted.
struct Counted {
    name: &'static str,
    total: AtomicU64,
}

static EVENTS_CONSUMED: Counted = Counted::new(CONSUMED);
static EVENTS_PUBLISHED: Counted = Counted::new(PUBLISHED);
static EVENTS_FILTERED: Counted = Counted::new(FILTERED);
static EVENTS_DROPPED: Counted = Counted::new(DROPPED);

impl Counted {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            total: AtomicU64::new(0),
        }
    }

    fn add(&self, count: u64) {
        self.total.fetch_add(count, Ordering::Relaxed);
        counter!(self.name).increment(count);
    }

    fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

/// How many events there were.
pub(crate) fn totals() -> Totals {
    Totals {
        events_consumed: EVENTS_CONSUMED.total(),
        events_published: EVENTS_PUBLISHED.total(),
        events_filtered: EVENTS_FILTERED.total(),
        events_dropped: EVENTS_DROPPED.total(),
    }
}

/// Counts events that came.
pub(crate) fn consumed(count: u64) {
    EVENTS_CONSUMED.add(count);
}

/// Counts events that reach somebody.
pub(crate) fn published(count: u64) {
    EVENTS_PUBLISHED.add(count);
}

/// Counts an event that reaches nobody.
pub(crate) fn filtered(reason: &'static str) {
    EVENTS_FILTERED.total.fetch_add(1, Ordering::Relaxed);
    counter!(FILTERED, "reason" => reason).increment(1);
}

/// Counts events that were let go.
pub(crate) fn dropped(count: u64) {
    EVENTS_DROPPED.add(count);
}

/// Notes how long what this node sends itself took.
pub(crate) fn canary(took: Duration) {
    histogram!(CANARY).record(took.as_secs_f64());
}

/// Shows how much of late has failed in a partition, 0 to 1; 0 also when it is somebody else's.
pub(crate) fn failure_rate(topic: &str, partition: i32, rate: f64) {
    let (topic, partition) = (topic.to_owned(), partition.to_string());
    gauge!(FAILURE_RATE, "topic" => topic, "partition" => partition).set(rate);
}

/// Notes how long a breaker was not closed.
pub(crate) fn recovered(after: Duration) {
    histogram!(RECOVERY).record(after.as_secs_f64());
}

/// Notes how long Redis took.
pub(crate) fn redis(took: Duration) {
    histogram!(REDIS).record(took.as_secs_f64());
}

/// Notes how long it took to make events ready.
pub(crate) fn transform(took: Duration) {
    histogram!(TRANSFORM).record(took.as_secs_f64());
}

/// Shows how many streams are open.
pub(crate) fn connections(count: usize) {
    gauge!(CONNECTIONS).set(count as f64);
}

/// Counts a stream that was too slow.
pub(crate) fn slow(policy: &'static str) {
    counter!(SLOW, "policy" => policy).increment(1);
}

/// Counts a gap that was told.
pub(crate) fn gap(reason: &'static str) {
    counter!(GAPS, "reason" => reason).increment(1);
}

/// Counts a stream that went on where it was.
pub(crate) fn resumed() {
    counter!(RESUMED).increment(1);
}
