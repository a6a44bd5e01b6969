//! Every metric of the bus, declared in one place.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

const HANDLED: &str = "nova_events_handled_total";
const DUPLICATE: &str = "nova_events_duplicate_total";
const RETRIED: &str = "nova_events_retried_total";
const PARKED: &str = "nova_events_parked_total";
const LAG: &str = "nova_consumer_lag";
const RELAYED: &str = "nova_outbox_relayed_total";
const BACKLOG: &str = "nova_outbox_oldest_seconds";
const LEADER: &str = "nova_outbox_relay_active";

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
}

pub(crate) fn handled(consumer: &str, topic: &str, count: u64) {
    counter!(HANDLED, "consumer" => consumer.to_owned(), "topic" => topic.to_owned())
        .increment(count);
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
