//! What the metrics of this process say.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, Once};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString,
    Unit,
};

/// Every value that a metric was given or counted up by, by name and consumer or service.
type Values = HashMap<(String, String), Vec<f64>>;

static SEEN: LazyLock<Mutex<Values>> = LazyLock::new(Mutex::default);

/// Records from now on. Every test that looks at metrics begins with it.
pub(crate) fn record() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| metrics::set_global_recorder(Seen).unwrap());
}

/// What a counter of a consumer stands at.
pub(crate) fn count(name: &str, consumer: &str) -> u64 {
    values(name, consumer).iter().sum::<f64>() as u64
}

/// Every value that a gauge of a consumer, or a service, had.
pub(crate) fn values(name: &str, consumer: &str) -> Vec<f64> {
    let seen = SEEN.lock().unwrap();
    let place = (name.to_owned(), consumer.to_owned());
    seen.get(&place).cloned().unwrap_or_default()
}

struct Seen;

struct Place((String, String));

impl Place {
    fn of(key: &Key) -> Self {
        let names_it = |label: &&metrics::Label| ["consumer", "service"].contains(&label.key());
        let consumer = key.labels().find(names_it);
        let consumer = consumer.map_or("", |label| label.value());
        Self((key.name().to_owned(), consumer.to_owned()))
    }

    fn push(&self, value: f64) {
        let mut seen = SEEN.lock().unwrap();
        seen.entry(self.0.clone()).or_default().push(value);
    }
}

impl CounterFn for Place {
    fn increment(&self, value: u64) {
        self.push(value as f64);
    }

    fn absolute(&self, value: u64) {
        self.push(value as f64);
    }
}

impl GaugeFn for Place {
    fn increment(&self, value: f64) {
        self.push(value);
    }

    fn decrement(&self, value: f64) {
        self.push(-value);
    }

    fn set(&self, value: f64) {
        self.push(value);
    }
}

impl Recorder for Seen {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Place::of(key)))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Arc::new(Place::of(key)))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
