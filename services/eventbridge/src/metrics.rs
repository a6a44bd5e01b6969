//! Every metric of eventbridge, beside the bus's own.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const CONSUMED: &str = "nova_eventbridge_consumed_total";
const PUBLISHED: &str = "nova_eventbridge_published_total";
const FILTERED: &str = "nova_eventbridge_filtered_total";
const DROPPED: &str = "nova_eventbridge_dropped_total";
const REDIS: &str = "nova_eventbridge_redis_seconds";
const TRANSFORM: &str = "nova_eventbridge_transform_seconds";
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
    describe_gauge!(CONNECTIONS, "streams of this node that are open");
    describe_counter!(SLOW, "streams that were too slow, by their policy");
    describe_counter!(GAPS, "gaps that streams were told of, by why");
    describe_counter!(
        RESUMED,
        "streams that went on where they were, without a gap"
    );
}

/// Counts events that came.
pub(crate) fn consumed(count: u64) {
    counter!(CONSUMED).increment(count);
}

/// Counts events that reach somebody.
pub(crate) fn published(count: u64) {
    counter!(PUBLISHED).increment(count);
}

/// Counts an event that reaches nobody.
pub(crate) fn filtered(reason: &'static str) {
    counter!(FILTERED, "reason" => reason).increment(1);
}

/// Counts events that were let go.
pub(crate) fn dropped(count: u64) {
    counter!(DROPPED).increment(count);
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
