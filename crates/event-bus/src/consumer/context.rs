//! What the Kafka client tells us: rebalances, commits, statistics, errors.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nova_resilience::Health;
use rdkafka::ClientContext;
use rdkafka::Statistics;
use rdkafka::TopicPartitionList;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::Offset;
use tokio::runtime::Handle;

use super::assignment::{Assignment, Due, Partition};
use super::progress::Progress;
use crate::{kafka_log, metrics};

pub(super) struct Context {
    group: &'static str,
    /// Whether brokers are reachable.
    subscription: Health,
    progress: Mutex<Progress>,
    runtime: Handle,
    assignment: Mutex<Assignment>,
    /// The assignment has changed and nobody has looked yet.
    rebalanced: AtomicBool,
    /// How often the client has called.
    calls: AtomicUsize,
}

impl Context {
    pub(super) fn new(
        group: &'static str,
        subscription: Health,
        progress: Progress,
        runtime: Handle,
        assignment: Assignment,
    ) -> Self {
        Self {
            group,
            subscription,
            progress: Mutex::new(progress),
            runtime,
            assignment: Mutex::new(assignment),
            rebalanced: AtomicBool::new(false),
            calls: AtomicUsize::new(0),
        }
    }

    /// Never held while the client is asked for anything: it may call back.
    pub(super) fn assignment(&self) -> MutexGuard<'_, Assignment> {
        self.assignment
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the assignment has changed since this was last asked.
    pub(super) fn was_rebalanced(&self) -> bool {
        self.rebalanced.swap(false, Ordering::AcqRel)
    }

    /// How often the client has called back so far.
    pub(super) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    fn called(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends the lanes that `chosen` names, finishing what they are at; returns what is to be committed.
    /// Blocks.
    pub(super) fn drain(&self, chosen: impl Fn(&Partition) -> bool) -> Vec<Due> {
        let leaving = self.assignment().leave(chosen);
        self.runtime.block_on(leaving.drained(self.group))
    }
}

/// Asks for positions to be committed.
pub(super) fn commit(consumer: &BaseConsumer<Context>, due: &[Due], mode: CommitMode) {
    if due.is_empty() {
        return;
    }
    let list = match list(due) {
        Ok(list) => list,
        Err(error) => return tracing::error!(%error, "a position cannot be committed"),
    };
    if let Err(error) = consumer.commit(&list, mode) {
        // Events will be delivered again; the inbox knows them.
        tracing::debug!(%error, "offsets were not committed");
        let mut assignment = consumer.context().assignment();
        for ((topic, partition), _) in due {
            assignment.not_committed(topic, *partition);
        }
    }
}

fn list(due: &[Due]) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(due.len());
    for ((topic, partition), position) in due {
        let mut element = list.add_partition(topic, *partition);
        element.set_offset(Offset::Offset(position.offset))?;
        element.set_metadata(&position.metadata);
    }
    Ok(list)
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.called();
        kafka_log::write(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.called();
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            self.subscription.down("no kafka broker is reachable");
        }
        tracing::debug!(consumer = self.group, %error, "kafka client: {reason}");
    }

    fn stats(&self, statistics: Statistics) {
        self.called();
        let is_up = statistics
            .brokers
            .values()
            .any(|broker| broker.nodeid >= 0 && broker.state == "UP");
        if is_up {
            self.subscription.up();
        }
        let assignment = self.assignment();
        let mut lag = 0;
        for lane in assignment.lanes() {
            let (topic, partition) = lane.partition();
            let told = statistics
                .topics
                .get(&**topic)
                .and_then(|told| told.partitions.get(partition));
            let Some(told) = told else { continue };
            let done = lane.done_up_to();
            let done = done.unwrap_or(told.committed_offset.max(told.lo_offset));
            if told.ls_offset >= 0 && done >= 0 {
                let behind = (told.ls_offset - done).max(0);
                metrics::lag(self.group, topic, *partition, behind);
                lag += behind;
            }
        }
        let (in_flight, handled) = assignment.totals();
        drop(assignment);
        metrics::in_flight(self.group, in_flight);
        self.progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .look(is_up, lag, in_flight, handled);
    }
}

impl ConsumerContext for Context {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        self.called();
        let Rebalance::Revoke(partitions) = rebalance else {
            return;
        };
        let due =
            self.drain(|(topic, partition)| partitions.find_partition(topic, *partition).is_some());
        if !consumer.assignment_lost() {
            commit(consumer, &due, CommitMode::Sync);
        }
        tracing::info!(
            consumer = self.group,
            partitions = partitions.count(),
            "partitions given up"
        );
    }

    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        self.called();
        self.rebalanced.store(true, Ordering::Release);
        match rebalance {
            Rebalance::Assign(partitions) => {
                self.subscription.up();
                tracing::info!(
                    consumer = self.group,
                    partitions = partitions.count(),
                    "partitions assigned"
                );
            }
            Rebalance::Revoke(_) => {}
            Rebalance::Error(error) => {
                tracing::error!(consumer = self.group, %error, "a rebalance failed");
            }
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        self.called();
        let Err(error) = result else { return };
        // A rebalance is under way, or the broker: the next look asks again.
        tracing::debug!(consumer = self.group, %error, "offsets were not committed");
        let mut assignment = self.assignment();
        for element in offsets.elements() {
            assignment.not_committed(element.topic(), element.partition());
        }
    }
}
