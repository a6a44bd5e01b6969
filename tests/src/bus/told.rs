//! A recorder of metrics that says at once what must never be counted, so that it is known of a process that
//! is killed as well.

use std::io::Write;
use std::sync::Arc;

use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

/// The counter that must stay 0, and how each line about it begins.
pub const VIOLATION: &str = "nova_consumer_violations_total";

/// From now on writes a line to standard error whenever [`VIOLATION`] is counted; leaves out all other
/// metrics.
///
/// # Errors
/// When this process has a recorder already.
pub fn tell_violations() -> anyhow::Result<()> {
    metrics::set_global_recorder(Violations).map_err(|_| anyhow::anyhow!("a second recorder"))
}

struct Violations;

struct Told(Key);

impl CounterFn for Told {
    fn increment(&self, value: u64) {
        // Without a log there is no telling.
        drop(writeln!(
            std::io::stderr(),
            "{VIOLATION} +{value} {}",
            self.0
        ));
    }

    fn absolute(&self, value: u64) {
        self.increment(value);
    }
}

impl Recorder for Violations {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        if key.name() == VIOLATION {
            Counter::from_arc(Arc::new(Told(key.clone())))
        } else {
            Counter::noop()
        }
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
