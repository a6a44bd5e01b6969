//! Every metric of the bus, declared in one place.

use metrics::{Counter, Histogram, Unit};

// The macros of `metrics`, with the prefix that this process wants.
macro_rules! counter {
    ($name:expr, $($rest:tt)*) => { ::metrics::counter!(::nova_resilience::metric_name($name), $($rest)*) };
}
macro_rules! gauge {
    ($name:expr, $($rest:tt)*) => { ::metrics::gauge!(::nova_resilience::metric_name($name), $($rest)*) };
}
macro_rules! histogram {
    ($name:expr, $($rest:tt)*) => { ::metrics::histogram!(::nova_resilience::metric_name($name), $($rest)*) };
}
macro_rules! describe_counter {
    ($name:expr, $($rest:tt)*) => { ::metrics::describe_counter!(::nova_resilience::metric_name($name), $($rest)*) };
}
macro_rules! describe_gauge {
    ($name:expr, $($rest:tt)*) => { ::metrics::describe_gauge!(::nova_resilience::metric_name($name), $($rest)*) };
}
macro_rules! describe_histogram {
    ($name:expr, $($rest:tt)*) => { ::metrics::describe_histogram!(::nova_resilience::metric_name($name), $($rest)*) };
}

const HANDLED: &str = "nova_events_handled_total";
const DUPLICATE: &str = "nova_events_duplicate_total";
const RETRIED: &str = "nova_events_retried_total";
const PARKED: &str = "nova_events_parked_total";
const BEHIND: &str = "nova_events_parked_behind_total";
const ASIDE: &str = "nova_events_set_aside_total";
const REPLAYED: &str = "nova_events_replayed_total";
const DROPPED: &str = "nova_events_dropped_total";
const REPEATED: &str = "nova_events_repeated_total";
const VIOLATED: &str = "nova_consumer_violations_total";
const REBUILT: &str = "nova_consumer_rebuilt_total";
const SECONDS: &str = "nova_handler_seconds";
const IN_FLIGHT: &str = "nova_consumer_in_flight";
const LAG: &str = "nova_consumer_lag";
const RELAYED: &str = "nova_outbox_relayed_total";
const BACKLOG: &str = "nova_outbox_oldest_seconds";
const LEADER: &str = "nova_outbox_relay_active";
const LETTERS: &str = "nova_dead_letters";

/// Says what each metric means; idempotent.
pub(crate) fn describe() {
    describe_counter!(
        HANDLED,
        Unit::Count,
        "events whose offset was stored, by consumer and topic"
    );
    describe_counter!(DUPLICATE, Unit::Count, "events that the inbox already knew");
    describe_counter!(RETRIED, Unit::Count, "attempts after a first failed one");
    describe_counter!(
        PARKED,
        Unit::Count,
        "events put into the dead-letter store, by reason"
    );
    describe_counter!(
        BEHIND,
        Unit::Count,
        "events put into the dead-letter store because an earlier one of their key is there"
    );
    describe_counter!(
        ASIDE,
        Unit::Count,
        "events of types that nobody here knows, put aside until a build comes that does"
    );
    describe_counter!(
        REPLAYED,
        Unit::Count,
        "dead letters handled again, by outcome"
    );
    describe_counter!(
        DROPPED,
        Unit::Count,
        "events that an open circuit breaker let fall, as configured"
    );
    describe_counter!(
        REPEATED,
        Unit::Count,
        "events that kafka gave again and that needed no second handling"
    );
    describe_counter!(
        VIOLATED,
        Unit::Count,
        "promises of order or commit found broken: must stay 0"
    );
    describe_counter!(
        REBUILT,
        Unit::Count,
        "consumers made anew after a fatal error of the group or the client"
    );
    describe_histogram!(
        SECONDS,
        Unit::Seconds,
        "time of one try, of one event or of several in one transaction"
    );
    describe_gauge!(
        IN_FLIGHT,
        Unit::Count,
        "events that were taken from kafka and are not done"
    );
    describe_gauge!(
        LAG,
        Unit::Count,
        "events on the partition that are not yet handled"
    );
    describe_counter!(RELAYED, Unit::Count, "outbox rows acknowledged by kafka");
    describe_gauge!(
        BACKLOG,
        Unit::Seconds,
        "age of the oldest event in the outbox"
    );
    describe_gauge!(
        LEADER,
        Unit::Count,
        "1 while this process relays the service's outbox"
    );
    describe_gauge!(
        LETTERS,
        Unit::Count,
        "dead letters that there are, by state: failed, waiting behind those, unknown"
    );
}

/// Has a consumer's counters stand at 0 before there is anything to count: of a counter that begins with 1 nobody sees
/// that it has grown.
pub(crate) fn begin(consumer: &'static str) {
    for name in [DUPLICATE, RETRIED, BEHIND, ASIDE, DROPPED] {
        counter!(name, "consumer" => consumer).increment(0);
    }
}

/// Counts what a partition's events came to; made once per partition, so that counting is cheap.
pub(crate) struct Handled {
    pub(crate) events: Counter,
    pub(crate) seconds: Histogram,
}

impl Handled {
    pub(crate) fn of(consumer: &'static str, topic: &str) -> Self {
        Self {
            events: counter!(HANDLED, "consumer" => consumer, "topic" => topic.to_owned()),
            seconds: histogram!(SECONDS, "consumer" => consumer, "topic" => topic.to_owned()),
        }
    }
}

pub(crate) fn violated(consumer: &'static str, what: &'static str) {
    counter!(VIOLATED, "consumer" => consumer, "promise" => what).increment(1);
}

pub(crate) fn rebuilt(consumer: &'static str) {
    counter!(REBUILT, "consumer" => consumer).increment(1);
}

pub(crate) fn repeated(consumer: &'static str, how: &'static str) {
    counter!(REPEATED, "consumer" => consumer, "how" => how).increment(1);
}

pub(crate) fn dropped(consumer: &'static str, count: u64) {
    counter!(DROPPED, "consumer" => consumer).increment(count);
}

pub(crate) fn parked_behind(consumer: &'static str, count: u64) {
    counter!(BEHIND, "consumer" => consumer).increment(count);
}

pub(crate) fn set_aside(consumer: &'static str, count: u64) {
    counter!(ASIDE, "consumer" => consumer).increment(count);
}

pub(crate) fn replayed(consumer: &'static str, outcome: &'static str, count: u64) {
    counter!(REPLAYED, "consumer" => consumer, "outcome" => outcome).increment(count);
}

pub(crate) fn in_flight(consumer: &'static str, events: usize) {
    gauge!(IN_FLIGHT, "consumer" => consumer).set(events as f64);
}

pub(crate) fn duplicates(consumer: &str, count: u64) {
    counter!(DUPLICATE, "consumer" => consumer.to_owned()).increment(count);
}

pub(crate) fn retried(consumer: &str) {
    counter!(RETRIED, "consumer" => consumer.to_owned()).increment(1);
}

pub(crate) fn parked(consumer: &str, reason: &'static str) {
    counter!(PARKED, "consumer" => consumer.to_owned(), "reason" => reason).increment(1);
}

pub(crate) fn letters(consumer: &'static str, state: &'static str, letters: i64) {
    gauge!(LETTERS, "consumer" => consumer, "state" => state).set(letters as f64);
}

pub(crate) fn lag(consumer: &str, topic: &str, partition: i32, events: i64) {
    gauge!(LAG, "consumer" => consumer.to_owned(), "topic" => topic.to_owned(),
        "partition" => partition.to_string())
    .set(events as f64);
}

pub(crate) fn relayed(service: &'static str, count: u64) {
    counter!(RELAYED, "service" => service).increment(count);
}

pub(crate) fn outbox_age(service: &'static str, seconds: f64) {
    gauge!(BACKLOG, "service" => service).set(seconds);
}

pub(crate) fn relay_active(service: &'static str, active: bool) {
    gauge!(LEADER, "service" => service).set(f64::from(u8::from(active)));
}
