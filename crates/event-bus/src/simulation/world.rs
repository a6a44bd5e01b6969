//! A run: what its parts share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::chance::Chance;
use super::database::Database;
use super::events::{Events, Kind};
use super::kafka::Kafka;
use super::plan::Plan;
use super::trace::Trace;
use crate::record::Record;

pub(super) struct World {
    pub(super) chance: Chance,
    pub(super) plan: Plan,
    pub(super) events: Events,
    pub(super) database: Database,
    pub(super) kafka: Kafka,
    /// Nothing new goes wrong any more.
    calm: AtomicBool,
    trace: Trace,
    counts: Mutex<Counts>,
    found: Mutex<Vec<String>>,
    /// Keys whose events are being handled, by how many at once.
    running: Mutex<BTreeMap<(Arc<str>, String), usize>>,
    /// Nobody died or was taken for dead: nothing of one key may run twice.
    untidy: AtomicBool,
    /// By how much the clock has jumped.
    jumped: Mutex<Duration>,
    /// Partitions that the topic of events has got since.
    added: AtomicI32,
    /// The newest build of the program.
    build: AtomicU32,
}

/// What happened, in numbers.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Counts {
    pub(super) events: usize,
    pub(super) handled: usize,
    pub(super) parked: usize,
    pub(super) replayed: usize,
    pub(super) rebalances: usize,
    pub(super) crashes: usize,
    pub(super) dropped: usize,
    pub(super) lost: usize,
    pub(super) doubled: usize,
    pub(super) misordered: usize,
    /// Messages in the largest batch of those that are handled in order.
    pub(super) largest: usize,
}

impl World {
    pub(super) fn new(chance: Chance, plan: Plan, traced: bool) -> Self {
        Self {
            chance,
            plan,
            events: Events::default(),
            database: Database::default(),
            kafka: Kafka::default(),
            calm: AtomicBool::new(false),
            trace: Trace::new(traced),
            counts: Mutex::default(),
            found: Mutex::default(),
            running: Mutex::default(),
            untidy: AtomicBool::new(false),
            jumped: Mutex::default(),
            added: AtomicI32::new(0),
            build: AtomicU32::new(1),
        }
    }

    /// Whether something goes wrong that does so in this share of times.
    pub(super) fn happens(&self, percent: u32) -> bool {
        !self.is_calm() && self.chance.percent(percent)
    }

    pub(super) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    pub(super) fn be_calm(&self) {
        self.trace(|| "calm".to_owned());
        self.calm.store(true, Ordering::Relaxed);
    }

    pub(super) fn trace(&self, what: impl FnOnce() -> String) {
        self.trace.note(what);
    }

    pub(super) fn told(&self) -> String {
        self.trace.told()
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.lock().unwrap());
    }

    pub(super) fn counts(&self) -> Counts {
        *self.counts.lock().unwrap()
    }

    /// A promise is broken.
    pub(super) fn cry(&self, what: String) {
        self.trace(|| format!("BROKEN: {what}"));
        self.found.lock().unwrap().push(what);
    }

    pub(super) fn found(&self) -> Vec<String> {
        self.found.lock().unwrap().clone()
    }

    pub(super) fn jumped(&self) -> Duration {
        *self.jumped.lock().unwrap()
    }

    pub(super) fn added(&self) -> i32 {
        self.added.load(Ordering::Relaxed)
    }

    pub(super) fn add_partition(&self) {
        self.added.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn build(&self) -> u32 {
        self.build.load(Ordering::Relaxed)
    }

    pub(super) fn release_build(&self) {
        let build = self.build.fetch_add(1, Ordering::Relaxed) + 1;
        self.trace(|| format!("build {build} is released"));
    }

    /// Somebody dies or is taken for dead, and what they have in hand goes on or happens again.
    pub(super) fn be_untidy(&self) {
        self.untidy.store(true, Ordering::Relaxed);
    }

    /// An event is being handled until what this returns is dropped.
    pub(super) fn enter(&self, number: usize) -> Option<Running<'_>> {
        let told = self.events.told(number);
        if matches!(told.kind, Kind::Invented | Kind::InOrder) {
            return None;
        }
        Some(self.enter_as((told.partition.0, told.key?)))
    }

    /// Messages of a partition are being handled in order until what this returns is dropped.
    pub(super) fn enter_whole(&self, records: &[Record]) -> Running<'_> {
        let offsets: Vec<i64> = records.iter().map(Record::offset).collect();
        let is_ascending = offsets.is_sorted_by(|one, next| one < next);
        if offsets.is_empty() || offsets.len() > self.plan.options.batch || !is_ascending {
            self.cry(format!("a batch of offsets {offsets:?} is handled"));
        }
        self.count(|counts| counts.largest = counts.largest.max(offsets.len()));
        self.enter_as((super::events::WHOLE.into(), String::new()))
    }

    fn enter_as(&self, key: (Arc<str>, String)) -> Running<'_> {
        let mut running = self.running.lock().unwrap();
        let count = running.entry(key.clone()).or_default();
        *count += 1;
        if *count > 1 && !self.untidy.load(Ordering::Relaxed) {
            self.cry(format!("two events of key {key:?} are handled at once"));
        }
        drop(running);
        Running { world: self, key }
    }

    /// The clock goes ahead at once.
    pub(super) async fn jump(&self, by: Duration) {
        self.trace(|| format!("the clock jumps by {by:?}"));
        *self.jumped.lock().unwrap() += by;
        tokio::time::advance(by).await;
    }
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.handled += other.handled;
        self.parked += other.parked;
        self.replayed += other.replayed;
        self.rebalances += other.rebalances;
        self.crashes += other.crashes;
        self.dropped += other.dropped;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.misordered += other.misordered;
        self.largest = self.largest.max(other.largest);
    }
}

/// An event of a key that is being handled.
pub(super) struct Running<'a> {
    world: &'a World,
    key: (Arc<str>, String),
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut running = self.world.running.lock().unwrap();
        if let Some(count) = running.get_mut(&self.key) {
            *count -= 1;
        }
    }
}
