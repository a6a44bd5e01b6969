//! Reads the metrics of a run: what the sentinels cry, and what was dropped and parked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

#[derive(Default)]
pub(super) struct Read {
    violations: Arc<AtomicU64>,
    dropped: Arc<AtomicU64>,
    parked: Arc<AtomicU64>,
}

impl Read {
    pub(super) fn violations(&self) -> u64 {
        self.violations.load(Ordering::Relaxed)
    }

    pub(super) fn dropped(&self) -> usize {
        self.dropped.load(Ordering::Relaxed) as usize
    }

    pub(super) fn parked(&self) -> usize {
        self.parked.load(Ordering::Relaxed) as usize
    }
}

impl Recorder for Read {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let counter = match key.name() {
            "nova_consumer_violations_total" => &self.violations,
            "nova_events_dropped_total" => &self.dropped,
            "nova_events_parked_total" | "nova_events_parked_behind_total" => &self.parked,
            _ => return Counter::noop(),
        };
        Counter::from_arc(Arc::clone(counter))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
