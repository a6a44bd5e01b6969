//! Every metric of feed.

use metrics::{counter, describe_counter, describe_gauge, gauge};

const WAITING: &str = "nova_feed_fan_out_waiting";
const AGE: &str = "nova_feed_fan_out_oldest_age_seconds";

const DIRECT_CALLS: &str = "nova_feed_direct_calls_total";

/// Says what each metric is.
pub(crate) fn describe() {
    describe_counter!(
        DIRECT_CALLS,
        "pages of which content was to be asked, by outcome: answered, failed, or rejected by the open breaker"
    );
    describe_gauge!(
        WAITING,
        "events of posts whose fan-out has not ended: to readers, or to timelines that could not be reached"
    );
    describe_gauge!(AGE, "how long ago the oldest of them happened");
}

/// Counts a page of which content was to be asked.
pub(crate) fn direct_call(outcome: &'static str) {
    counter!(DIRECT_CALLS, "outcome" => outcome).increment(1);
}

/// Shows how many wait, and for how many seconds: to be told, and to be pushed once more.
pub(crate) fn fan_out(told: (i64, f64), pushed: (i64, f64)) {
    for (to, (waiting, age)) in [("readers", told), ("timelines", pushed)] {
        gauge!(WAITING, "to" => to).set(waiting as f64);
        gauge!(AGE, "to" => to).set(age);
    }
}
