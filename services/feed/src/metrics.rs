//! Every metric of feed.

use metrics::{describe_gauge, gauge};

const WAITING: &str = "nova_feed_fan_out_waiting";
const AGE: &str = "nova_feed_fan_out_oldest_age_seconds";

/// Says what each metric is.
pub(crate) fn describe() {
    describe_gauge!(
        WAITING,
        "events of posts whose fan-out has not ended: to readers, or to timelines that could not be reached"
    );
    describe_gauge!(AGE, "how long ago the oldest of them happened");
}

/// Shows how many wait, and for how many seconds: to be told, and to be pushed once more.
pub(crate) fn fan_out(told: (i64, f64), pushed: (i64, f64)) {
    for (to, (waiting, age)) in [("readers", told), ("timelines", pushed)] {
        gauge!(WAITING, "to" => to).set(waiting as f64);
        gauge!(AGE, "to" => to).set(age);
    }
}
