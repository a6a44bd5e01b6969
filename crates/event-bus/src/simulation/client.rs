//! A client of Kafka that is simulated: it gives what the logs hold, now and then twice, and commits, or does not
//! and tells nobody.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use rdkafka::error::KafkaError;

use super::world::World;
use crate::consumer::assignment::{Due, Partition};
use crate::consumer::client::{Client, Queue, Told, Wake};
use crate::record::Record;

pub(super) struct SimClient {
    world: Arc<World>,
    pub(super) id: u64,
    is_lost: AtomicBool,
    /// What is fetched next.
    fetched: Mutex<BTreeMap<Partition, Arc<AtomicI64>>>,
}

/// What is fetched of a partition.
pub(super) struct SimQueue {
    world: Arc<World>,
    partition: Partition,
    start: i64,
    next: Arc<AtomicI64>,
    /// Whether all that there was has been given.
    is_empty: AtomicBool,
}

impl SimClient {
    pub(super) fn new(world: Arc<World>, id: u64) -> Self {
        Self {
            world,
            id,
            is_lost: AtomicBool::new(false),
            fetched: Mutex::default(),
        }
    }

    /// Whether what is given up next is another's already.
    pub(super) fn loses(&self, lost: bool) {
        self.is_lost.store(lost, Ordering::Relaxed);
    }

    /// What it knows of a partition.
    pub(super) fn told(&self, partition: &Partition) -> Option<Told> {
        let next = self
            .fetched
            .lock()
            .unwrap()
            .get(partition)?
            .load(Ordering::Relaxed);
        let state = self.world.kafka.state();
        let log = state.logs.get(partition)?;
        let committed = log.committed.as_ref();
        Some(Told {
            committed: committed.map_or(-1, |(offset, _)| *offset),
            first: 0,
            end: log.end(),
            next,
            is_queued: next < log.end(),
        })
    }
}

impl Client for SimClient {
    type Queue = SimQueue;

    fn committed(&self, partitions: &[Partition]) -> Result<Vec<(i64, String)>, KafkaError> {
        if self.world.happens(self.world.plan.uncommitted / 4) {
            return Err(KafkaError::Canceled);
        }
        let state = self.world.kafka.state();
        let of = |partition| state.logs.get(partition)?.committed.clone();
        let nothing = || (-1, String::new());
        let all = partitions.iter();
        Ok(all.map(|one| of(one).unwrap_or_else(nothing)).collect())
    }

    fn split(&self, partition: &Partition, _: Wake) -> Option<SimQueue> {
        let state = self.world.kafka.state();
        let start = state
            .logs
            .get(partition)
            .map_or(0, super::kafka::Log::start);
        drop(state);
        let id = self.id;
        self.world
            .trace(|| format!("member {id} opens {partition:?} at {start}"));
        let next = Arc::new(AtomicI64::new(start));
        let mut fetched = self.fetched.lock().unwrap();
        fetched.insert(partition.clone(), Arc::clone(&next));
        Some(SimQueue {
            world: Arc::clone(&self.world),
            partition: partition.clone(),
            start,
            next,
            is_empty: AtomicBool::new(true),
        })
    }

    fn assign(&self, _: &[Partition]) -> Result<(), KafkaError> {
        Ok(())
    }

    fn unassign(&self, partitions: &[Partition]) -> Result<(), KafkaError> {
        let mut fetched = self.fetched.lock().unwrap();
        fetched.retain(|partition, _| !partitions.contains(partition));
        Ok(())
    }

    fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    fn commit(&self, due: &[Due], _: bool) -> Result<(), KafkaError> {
        self.world.commit(self.id, due);
        Ok(())
    }
}

impl Queue for SimQueue {
    fn next(&self, _: impl FnOnce() -> Arc<str>) -> Option<Result<Record, KafkaError>> {
        let mut next = self.next.load(Ordering::Relaxed);
        let begins = self.is_empty.swap(false, Ordering::Relaxed);
        if begins && self.world.happens(self.world.plan.repeated) {
            // The client gives again what it gave before.
            let back = self.world.chance.between(0..=6) as i64;
            next = (next - back).max(self.start);
        }
        let state = self.world.kafka.state();
        let log = state.logs.get(&self.partition);
        let record = log.and_then(|log| log.from(next).first().cloned());
        drop(state);
        let Some(record) = record else {
            self.is_empty.store(true, Ordering::Relaxed);
            return None;
        };
        self.next.store(record.offset() + 1, Ordering::Relaxed);
        Some(Ok(record))
    }
}
