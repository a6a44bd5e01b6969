//! A broker that is simulated: partitions with their logs, and a group with its owners and commits.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use super::events::number_of;
use super::oracle;
use super::world::World;
use crate::consumer::assignment::{Due, Partition};
use crate::consumer::finished::Finished;
use crate::record::Record;

/// Offsets that hold nothing for a consumer, in a row.
const LONGEST_GAP: i64 = 4;

#[derive(Default)]
pub(super) struct Kafka(Mutex<State>);

#[derive(Default)]
pub(super) struct State {
    pub(super) logs: BTreeMap<Partition, Log>,
    /// Which member has which partition.
    pub(super) owners: BTreeMap<Partition, u64>,
}

/// One partition.
#[derive(Default)]
pub(super) struct Log {
    pub(super) records: Vec<Record>,
    /// The offset of the next record.
    next: i64,
    /// What the group has committed, with its metadata.
    pub(super) committed: Option<(i64, String)>,
    /// Everything before it was found done.
    checked: i64,
    /// The committed offset is of an earlier topic of that name.
    begins_anew: bool,
    /// When the last record was written, in milliseconds: each later than the one before.
    written: i64,
}

impl Kafka {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl Log {
    pub(super) fn end(&self) -> i64 {
        self.records.last().map_or(0, |record| record.offset() + 1)
    }

    /// The records from an offset on.
    pub(super) fn from(&self, offset: i64) -> &[Record] {
        let at = self
            .records
            .partition_point(|record| record.offset() < offset);
        &self.records[at..]
    }

    /// Where a new owner begins to read.
    pub(super) fn start(&self) -> i64 {
        match &self.committed {
            Some((offset, _)) if !self.begins_anew => *offset,
            _ => 0,
        }
    }

    pub(super) fn is_consumed(&self) -> bool {
        self.records.is_empty() || self.start() >= self.end()
    }
}

impl World {
    /// An event comes to its partition, behind what was compacted away and other records of no interest.
    pub(super) fn append(&self, number: usize) {
        let partition = self.events.told(number).partition;
        let gap = if self.happens(self.plan.gapped) {
            self.chance.between(1..=LONGEST_GAP as u64) as i64
        } else {
            0
        };
        let mut state = self.kafka.state();
        let log = state.logs.entry(partition).or_default();
        let mut record = self.events.record(number, log.next + gap);
        log.written += 1;
        record.timestamp = log.written;
        log.next = record.offset() + 1;
        self.trace(|| format!("publishes {}", super::trace::shown(&record)));
        log.records.push(record);
    }

    /// Commits positions for a member, or does not and tells nobody.
    pub(super) fn commit(&self, member: u64, due: &[Due]) {
        let owners = self.kafka.state().owners.clone();
        let is_fenced = due
            .iter()
            .any(|(partition, _)| owners.get(partition) != Some(&member));
        if is_fenced || self.happens(self.plan.uncommitted) {
            return self.trace(|| format!("member {member} cannot commit {due:?}"));
        }
        for (partition, position) in due {
            self.check_commit(partition, position.offset, &position.metadata);
            let mut state = self.kafka.state();
            if let Some(log) = state.logs.get_mut(partition) {
                log.committed = Some((position.offset, position.metadata.clone()));
                log.begins_anew = false;
            }
        }
        self.trace(|| format!("member {member} commits {due:?}"));
    }

    /// Nothing that is committed may be undone.
    fn check_commit(&self, partition: &Partition, offset: i64, metadata: &str) {
        let mut state = self.kafka.state();
        let Some(log) = state.logs.get_mut(partition) else {
            return;
        };
        if offset < log.start() {
            self.cry(format!("a commit of {partition:?} goes back to {offset}"));
        }
        let finished = Finished::decode(offset, metadata);
        let is_committed =
            |record: &&Record| record.offset() < offset || finished.contains(record.offset());
        let committed = log.from(log.checked).iter().filter(is_committed);
        let undone: Vec<Record> = committed
            .filter(|record| !oracle::is_settled(self, record))
            .cloned()
            .collect();
        log.checked = log.checked.max(offset);
        drop(state);
        for record in undone {
            let number = number_of(&record);
            self.cry(format!(
                "a commit of {partition:?} up to {offset} passes event {number} at {}, which is not done",
                record.offset()
            ));
        }
    }

    /// A topic is deleted and made again: what it held and nobody has handled is gone.
    pub(super) fn begin_anew(&self, partition: &Partition) {
        let mut state = self.kafka.state();
        let Some(log) = state.logs.get_mut(partition) else {
            return;
        };
        self.trace(|| format!("{partition:?} begins anew"));
        for record in log.records.drain(..) {
            self.events.excuse(number_of(&record));
        }
        log.next = 0;
        log.checked = 0;
        log.begins_anew = log.committed.is_some();
    }

    /// The end of a log is lost with its leader, and others are written in its place: what is committed stays, and
    /// so does what was finished beyond.
    pub(super) fn cut_off(&self, partition: &Partition) {
        let mut state = self.kafka.state();
        let Some(log) = state.logs.get_mut(partition) else {
            return;
        };
        let start = log.start();
        let kept = log
            .records
            .partition_point(|record| record.offset() < start);
        let lost = log.records.len() - kept;
        let kept = kept + self.chance.up_to(lost);
        self.trace(|| format!("{partition:?} loses its end"));
        for record in log.records.drain(kept..) {
            self.events.excuse(number_of(&record));
        }
        log.next = log.end().max(start);
    }
}
